/**
 * Something that the server stands on is away for a while, amid uploads and reads.
 *
 * @module
 */
import { join } from "node:path";
import { type SmallDisk, smallDisk } from "../../tests/support/small_disk.ts";
import { pause, until } from "../support/server.ts";
import { Postgres } from "./postgres.ts";
import { Reads } from "./reads.ts";
import { type Outcome, type Scenario, Server, Skipped, type Soak } from "./scenario.ts";
import { BUSY, type Expected, FULL, Uploads } from "./uploads.ts";
import { verify } from "./verify.ts";

/** Seconds until uploads must succeed again. */
const RECOVERY_SECONDS = 30;
/** Longer than the server waits for an answer of the database; a short soak only sees it wait. */
const PAUSE_SECONDS = 20;
/** Room for all that is uploaded, and for an embedded database. */
const DISK_MIB = 400;

/** Restarts Postgres again and again, every other time as after a crash. */
export const postgresRestarted: Scenario = async (soak) => {
  const postgres = soak.use(await Postgres.make());
  return await seeThrough(soak, new Server(soak, { DATABASE_URL: postgres.url }), {
    async happen() {
      for (let restart = 0; restart < Math.max(2, soak.seconds / 10); restart++) {
        await pause(300 + Math.random() * 700);
        await postgres.stop(restart % 2 ? "immediate" : "fast");
        await pause(500);
        await postgres.start();
      }
    },
  });
};

/** Stops the processes of Postgres, with the connections open. */
export const postgresPaused: Scenario = async (soak) => {
  const postgres = soak.use(await Postgres.make());
  const seconds = Math.min(PAUSE_SECONDS, soak.seconds);
  return await seeThrough(soak, new Server(soak, { DATABASE_URL: postgres.url }), {
    isBearable: seconds < PAUSE_SECONDS,
    async happen() {
      await postgres.signal("SIGSTOP");
      await pause(seconds * 1000);
      await postgres.signal("SIGCONT");
    },
  });
};

/** Fills the disk of the reports, which is not that of the database. */
export const diskFull: Scenario = async (soak) => {
  const disk = await mount(soak);
  const DATABASE_URL = soak.use(await Postgres.make()).url;
  return await fill(soak, disk, { DATABASE_URL, DATA_DIR: join(disk.folder, "data") });
};

/** Fills the disk of the reports and the embedded database. */
export const diskFullEmbedded: Scenario = async (soak) => {
  const disk = await mount(soak);
  return await fill(soak, disk, { DATA_DIR: join(disk.folder, "data") });
};

/** Makes the disk of the reports read-only. */
export const diskReadOnly: Scenario = async (soak) => {
  const disk = await mount(soak);
  const DATABASE_URL = soak.use(await Postgres.make()).url;
  const server = new Server(soak, { DATABASE_URL, DATA_DIR: join(disk.folder, "data") });
  return await seeThrough(soak, server, {
    async happen() {
      await disk.writable(false);
      await pause(outageMs(soak));
      await disk.writable(true);
    },
  });
};

function outageMs({ seconds }: Soak): number {
  return Math.min(5000, Math.max(2000, seconds * 100));
}

async function mount(soak: Soak): Promise<SmallDisk> {
  const disk = await smallDisk(DISK_MIB);
  if (!disk) throw new Skipped("no small disk may be mounted here");
  return soak.use(disk);
}

async function fill(soak: Soak, disk: SmallDisk, environment: Record<string, string>) {
  return await seeThrough(soak, new Server(soak, environment), {
    expected: FULL,
    async happen() {
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
    },
  });
}

interface Outage {
  /** Has it happen, for as long as it lasts; afterwards all is as before. */
  happen(): Promise<void>;
  readonly expected?: Expected;
  /** Whether a server may get over it without refusing any upload; else it must refuse some. */
  readonly isBearable?: boolean;
}

async function seeThrough(
  soak: Soak,
  server: Server,
  { happen, expected = BUSY, isBearable = false }: Outage,
): Promise<Outcome> {
  await server.start();
  const uploads = new Uploads();
  await uploads.sendMany(server.address, 30);
  const reads = await Reads.of(server.address, BUSY);
  const streams = [uploads.continuously(server.address, expected), reads.continuously(1, 50)];
  await happen();
  const before = uploads.acknowledged.size;
  const isBack = await until(() => uploads.acknowledged.size >= before + 10, RECOVERY_SECONDS);
  await Promise.all(streams.map((stream) => stream.stop()));
  const problems = await verifyAfterStart(server, uploads);
  if (!isBack) problems.push(`no upload succeeds within ${RECOVERY_SECONDS} s after it was over`);
  if (uploads.refused.size === 0 && !isBearable) problems.push("it did not happen");
  if (uploads.refused.has(0)) problems.push(`${uploads.refused.get(0)} uploads got no answer`);
  return {
    did: `${uploads.summary}; ${reads.summary}`,
    problems: [...uploads.problems, ...reads.problems, ...problems],
  };
}

/** Looks at it as it is, and, because left-overs may need a start to go, after another start. */
async function verifyAfterStart(server: Server, uploads: Uploads): Promise<string[]> {
  if (server.process.hasEnded()) return [`the server ended:\n${server.process.output()}`];
  const lost = (await verify(server, uploads)).filter((problem) => problem.startsWith("LOST"));
  await server.process.stop("SIGTERM");
  await server.start();
  return [...new Set([...lost, ...await verify(server, uploads)])];
}
