/** How long an upload takes, against `tar` unpacking the same archive to the same file system. */
import { join } from "node:path";
import { run, startWith } from "../support/server.ts";
import { median } from "../support/statistics.ts";
import { makeReport, sendByCurl } from "./report.ts";
import { checkBound, type Section, withScratch } from "./section.ts";

/** A server is measured as it is after its first uploads; the compiler is done after about six. */
const WARM_UPS = 8;
const PAIRS = 9;
/** Times that of `tar`. */
const MOST = { disk: 2, memory: 3 };
/** `/dev/shm` needs every permission; without a disk to wait for, the others cost too much to see the rest. */
const ALL = ["run", "--no-prompt", "-A", "--v8-flags=--max-semi-space-size=4", "main.ts"];

export async function measureUpload(): Promise<Section> {
  // Not on the disk if it can be helped: where freed blocks are discarded, the disk is slow for a
  // while after thousands of files were removed, as they are once they are packed.
  return await withScratch("memory", async (folder) => {
    const archive = await makeReport(folder, { pages: 3000, classes: 1500 });
    const missed: string[] = [];
    const table: Section["table"] = [];
    for (const place of ["disk", "memory"] as const) {
      const pairs = await withScratch(
        place,
        (folder) => measurePairs(archive, folder, place === "memory" ? ALL : undefined),
      );
      const value = median(pairs.map(({ upload, tar }) => upload / tar));
      const ms = (of: "upload" | "tar") =>
        `${(median(pairs.map((pair) => pair[of])) * 1000).toFixed(0)} ms`;
      table.push({
        "file system": place,
        upload: ms("upload"),
        "tar -xzf": ms("tar"),
        "median of ratios": `${value.toFixed(2)} x`,
        ...checkBound(missed, { what: `upload to ${place}`, value, most: MOST[place], unit: " x" }),
      });
    }
    const megabytes = ((await Deno.stat(archive)).size / 1e6).toFixed(0);
    const title = `upload: 3,001 files, ${megabytes} MB packed; ${PAIRS} pairs in turn`;
    return { title, table, missed };
  });
}

/** Seconds of an upload and of `tar`, one after the other, so that both meet the same moment. */
async function measurePairs(archive: string, folder: string, args: string[] | undefined) {
  const server = await startWith({ DATA_DIR: join(folder, "data") }, args);
  try {
    // Branches of their own: an upload that supersedes another also removes that one's files.
    const upload = (branch: string) => sendByCurl(server.address, archive, { branch });
    for (let warmUp = 0; warmUp < WARM_UPS; warmUp++) await upload(`warm-up-${warmUp}`);
    const pairs: { upload: number; tar: number }[] = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      await run("sync");
      const seconds = await upload(`pair-${pair}`);
      await run("sync");
      const target = join(folder, `unpacked-${pair}`);
      await Deno.mkdir(target);
      const startedAt = performance.now();
      await run("tar", "-xzf", archive, "-C", target);
      pairs.push({ upload: seconds, tar: (performance.now() - startedAt) / 1000 });
    }
    return pairs;
  } finally {
    await server.stop("SIGTERM");
  }
}
