/** How long an upload takes, against `tar` unpacking the same archive to the same file system. */
import { join } from "node:path";
import { withFolder } from "../../tests/support/folder.ts";
import { quantile } from "../support/quantile.ts";
import { run, startWith } from "../support/server.ts";
import { makeReport, sendByCurl } from "./report.ts";

/** A server is measured as it is after its first uploads; the compiler is done after about six. */
const WARM_UPS = 8;
const PAIRS = 9;
const MEMORY = "/dev/shm";
/** `/dev/shm` needs every permission; without a disk to wait for, the others cost too much to see the rest. */
const ALL = ["run", "--no-prompt", "-A", "--v8-flags=--max-semi-space-size=4", "main.ts"];

export async function measureUpload() {
  // Not on the disk if it can be helped: where freed blocks are discarded, the disk is slow for a
  // while after thousands of files were removed, as they are once they are packed.
  return await withFolder(async (folder) => {
    const archive = await makeReport(folder, { pages: 3000, classes: 1500 });
    const onDisk = await withFolder((folder) => measurePairs(archive, folder));
    const inMemory = await withFolder((folder) => measurePairs(archive, folder, ALL), MEMORY);
    const megabytes = ((await Deno.stat(archive)).size / 1e6).toFixed(0);
    return {
      title: `upload: 3,001 files, ${megabytes} MB packed; ${PAIRS} pairs in turn, their medians`,
      rows: [
        { cells: { "file system": "disk", ...onDisk.cells }, ...onDisk.ratio, most: 2 },
        { cells: { "file system": "memory", ...inMemory.cells }, ...inMemory.ratio, most: 3 },
      ],
    };
  }, MEMORY);
}

/** Times of an upload and of `tar`, one after the other, so that both meet the same moment. */
async function measurePairs(archive: string, folder: string, args?: string[]) {
  const server = await startWith({ DATA_DIR: join(folder, "data") }, args);
  try {
    // Branches of their own: an upload that supersedes another also removes that one's files.
    const upload = (branch: string) => sendByCurl(server.address, archive, { branch });
    for (let warmUp = 0; warmUp < WARM_UPS; warmUp++) await upload(`warm-up-${warmUp}`);
    const uploads: number[] = [], tars: number[] = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      await run("sync");
      uploads.push(await upload(`pair-${pair}`));
      await run("sync");
      const target = join(folder, `unpacked-${pair}`);
      await Deno.mkdir(target);
      const startedAt = performance.now();
      await run("tar", "-xzf", archive, "-C", target);
      tars.push(performance.now() - startedAt);
    }
    const ms = (times: number[]) => `${quantile(times, 0.5).toFixed(0)} ms`;
    const ratio = quantile(uploads.map((time, pair) => time / tars[pair]!), 0.5);
    return {
      cells: { upload: ms(uploads), "tar -xzf": ms(tars) },
      ratio: { value: ratio, unit: "x" },
    };
  } finally {
    await server.stop("SIGTERM");
  }
}
