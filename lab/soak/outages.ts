/** Something that the server stands on is away for a while, amid uploads and reads. */
import { join } from "node:path";
import { type SmallDisk, smallDisk } from "../../tests/support/small_disk.ts";
import { pause, until } from "../support/server.ts";
import { Postgres } from "./postgres.ts";
import { Reads } from "./reads.ts";
import { type Scenario, Server, Skipped, type Soak } from "./scenario.ts";
import { BUSY, type Expected, FULL, Uploads } from "./uploads.ts";
import { verify } from "./verify.ts";

/** Seconds until uploads must succeed again. */
const RECOVERY_SECONDS = 30;
/** Longer than the server waits for an answer of the database. */
const PAUSE_SECONDS = 20;
/** Room for all that is uploaded, and for an embedded database. */
const DISK_MIB = 400;

interface Outage {
  /** Has it happen, for as long as it lasts; afterwards all is as before. */
  happen(on: { soak: Soak; postgres: Postgres; disk: SmallDisk }): Promise<void>;
  /** What stands on a disk of its own: the reports, or with them the embedded database. */
  readonly onDisk?: "reports" | "everything";
  readonly expected?: Expected;
}

export const outages: Record<string, Scenario> = {
  /** Again and again, every other time as after a crash. */
  "postgres-restarted": outage({
    async happen({ soak, postgres }) {
      for (let restart = 0; restart < Math.max(2, soak.seconds / 10); restart++) {
        await pause(300 + Math.random() * 700);
        await postgres.stop(restart % 2 ? "immediate" : "fast");
        await pause(500);
        await postgres.start();
      }
    },
  }),
  /** Its processes stand still, with the connections open. */
  "postgres-paused": outage({
    async happen({ postgres }) {
      await postgres.signal("SIGSTOP");
      await pause(PAUSE_SECONDS * 1000);
      await postgres.signal("SIGCONT");
    },
  }),
  "disk-full": outage({ onDisk: "reports", expected: FULL, happen: fill }),
  "disk-full-embedded": outage({ onDisk: "everything", expected: FULL, happen: fill }),
  "disk-read-only": outage({
    onDisk: "reports",
    async happen({ soak, disk }) {
      await disk.writable(false);
      await pause(outageMs(soak));
      await disk.writable(true);
    },
  }),
};

function outageMs({ seconds }: Soak): number {
  return Math.min(5000, Math.max(2000, seconds * 100));
}

async function fill({ soak, disk }: { soak: Soak; disk: SmallDisk }): Promise<void> {
  const ballast = join(disk.folder, "ballast");
  for (const size of [2 ** 20, 2 ** 12]) {
    const bytes = new Uint8Array(size);
    try {
      while (true) await Deno.writeFile(ballast, bytes, { append: true });
    } catch (error) {
      if ((error as { code?: string }).code !== "ENOSPC") throw error;
    }
  }
  await pause(outageMs(soak));
  await Deno.remove(ballast);
}

function outage({ happen, onDisk, expected = BUSY }: Outage): Scenario {
  return async (soak) => {
    const disk = onDisk && await smallDisk(DISK_MIB);
    if (disk) soak.used.use(disk);
    else if (onDisk) throw new Skipped("no small disk may be mounted here");
    const postgres = onDisk === "everything" ? undefined : soak.used.use(await Postgres.make());
    const server = new Server(soak, {
      DATABASE_URL: postgres?.url ?? "",
      ...disk ? { DATA_DIR: join(disk.folder, "data") } : {},
    });
    await server.start();
    const uploads = new Uploads();
    await uploads.sendMany(server.address, 30);
    const reads = new Reads(server.address, BUSY);
    const streams = [uploads.continuously(server.address, expected), reads.continuously(1, 50)];
    await happen({ soak, postgres: postgres!, disk: disk! });
    const before = uploads.acknowledged.size;
    const isBack = await until(() => uploads.acknowledged.size >= before + 10, RECOVERY_SECONDS);
    await Promise.all(streams.map((stream) => stream.stop()));
    const lost = (await verify(server, uploads)).filter((problem) => problem.startsWith("LOST"));
    await server.process.stop("SIGTERM");
    await server.start(); // which left-overs may need to go
    const problems = [...new Set([...lost, ...await verify(server, uploads)])];
    if (!isBack) problems.push(`no upload succeeds within ${RECOVERY_SECONDS} s after it was over`);
    if (uploads.refused.size === 0) problems.push("it did not happen");
    if (uploads.refused.has(0)) problems.push(`${uploads.refused.get(0)} uploads got no answer`);
    return {
      did: `${uploads.summary}; ${reads.summary}`,
      problems: [...uploads.problems, ...reads.problems, ...problems],
    };
  };
}
