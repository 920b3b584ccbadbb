/** How much memory the largest upload takes, as the body and as a form. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { cobertura } from "../../tests/support/archive.ts";
import { run, startWith } from "../support/server.ts";
import { memoryOf, resetPeak } from "../support/usage.ts";
import { sendByCurl } from "./report.ts";
import { checkBound, type Section, withScratch } from "./section.ts";

/** Growth that a raw body may cause, in MB. */
const RAW_MB = 150;
/** Growth that a form may cause, in lengths of its body. */
const FORM_BODIES = 3;

export async function measureMemory(): Promise<Section> {
  return await withScratch("disk", async (folder) => {
    const warmUp = await pack(folder, "tiny", []);
    // Just below the default of MAX_UPLOAD_BYTES, 100 MiB, with files that are written either way.
    const sizes = Array.from({ length: 66 }, (_, at) => at % 2 + 1);
    const archive = await pack(folder, "large", sizes);
    const { size } = await Deno.stat(archive);
    const missed: string[] = [];
    const table: Section["table"] = [];
    for (const as of ["body", "form"] as const) {
      const { idle, peak } = await measure({ data: join(folder, as), warmUp, archive, as });
      const [growth, most, unit] = as === "body"
        ? [(peak - idle) / 1e6, RAW_MB, " MB"] as const
        : [(peak - idle) / size, FORM_BODIES, " bodies"] as const;
      const checked = checkBound(missed, { what: `growth by a ${as}`, value: growth, most, unit });
      const peaks = `${mb(idle)} → ${mb(peak)} MB`;
      table.push({ as, "idle → peak": peaks, growth: `${growth.toFixed(2)}${unit}`, ...checked });
    }
    const title = `memory: resident memory of the server, one upload of ${mb(size)} MB`;
    return { title, table, missed };
  });
}

/** Bytes resident before, and at most during an upload. */
async function measure(
  { data, as, ...archives }: Record<"data" | "warmUp" | "archive", string> & {
    as: "body" | "form";
  },
) {
  // Making the embedded database takes hundreds of megabytes once, which an upload could use without
  // growth. The next start is what most servers are.
  await (await startWith({ DATA_DIR: data })).stop("SIGTERM");
  const server = await startWith({ DATA_DIR: data });
  try {
    const file = "coverage.xml";
    await sendByCurl(server.address, archives.warmUp, { branch: "warm-up", file, as });
    const idle = memoryOf(server.pid).resident;
    resetPeak(server.pid);
    await sendByCurl(server.address, archives.archive, { branch: "large", file, as });
    return { idle, peak: memoryOf(server.pid).peak };
  } finally {
    await server.stop("SIGTERM");
  }
}

/** Packs files that do not compress, and a small coverage file. */
async function pack(folder: string, name: string, mebibytes: readonly number[]): Promise<string> {
  const root = join(folder, name);
  await Deno.mkdir(root);
  for (const [at, size] of mebibytes.entries()) {
    await Deno.writeFile(join(root, `${at}.bin`), randomBytes(size * 2 ** 20));
  }
  await Deno.writeTextFile(join(root, "coverage.xml"), cobertura(1, 2));
  await run("tar", "-C", folder, "-zcf", `${root}.tar.gz`, name);
  return `${root}.tar.gz`;
}

const mb = (bytes: number) => (bytes / 1e6).toFixed(0);
