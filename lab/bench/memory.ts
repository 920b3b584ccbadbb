/** How much memory the largest upload takes, as the body and as a form. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { cobertura } from "../../tests/support/archive.ts";
import { withFolder } from "../../tests/support/folder.ts";
import { memoryOf, resetPeak, run, startWith } from "../support/server.ts";
import { sendByCurl } from "./report.ts";

export async function measureMemory() {
  return await withFolder(async (folder) => {
    const warmUp = await pack(folder, "tiny", []);
    // Just below the default of MAX_UPLOAD_BYTES, 100 MiB, with files that are written either way.
    const sizes = Array.from({ length: 66 }, (_, at) => at % 2 + 1);
    const archive = await pack(folder, "large", sizes);
    const { size } = await Deno.stat(archive);
    const measureAs = (as: "body" | "form") => measure(join(folder, as), { warmUp, archive, as });
    const body = await measureAs("body"), form = await measureAs("form");
    return {
      title: `memory: resident memory of the server, one upload of ${mb(size)} MB`,
      rows: [
        { cells: body.cells, value: body.growth / 1e6, most: 150, unit: "MB" },
        // Deno's `formData` alone takes 3.15 of them.
        { cells: form.cells, value: form.growth / size, most: 3.5, unit: "bodies" },
      ],
    };
  });
}

/** By how many bytes resident memory grows at most during an upload. */
async function measure(
  DATA_DIR: string,
  { warmUp, archive, as }: { warmUp: string; archive: string; as: "body" | "form" },
) {
  // Making the embedded database takes hundreds of megabytes once, which an upload could use without
  // growth. The next start is what most servers are.
  await (await startWith({ DATA_DIR })).stop("SIGTERM");
  const server = await startWith({ DATA_DIR });
  try {
    const file = "coverage.xml";
    await sendByCurl(server.address, warmUp, { branch: "warm-up", file, as });
    const idle = memoryOf(server.pid).resident;
    resetPeak(server.pid);
    await sendByCurl(server.address, archive, { branch: "large", file, as });
    const { peak } = memoryOf(server.pid);
    return { growth: peak - idle, cells: { as, "idle → peak": `${mb(idle)} → ${mb(peak)} MB` } };
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
