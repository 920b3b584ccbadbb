/**
 * How long an upload takes, against `tar` unpacking the same archive to the same file system.
 *
 * @module
 */
import { join } from "node:path";
import { type BenchReport, makeReport, run } from "./report.ts";
import { makeScratch, memoryFolder } from "./scratch.ts";
import { judge, type Section } from "./section.ts";
import { sendByCurl } from "./send.ts";
import { startServer } from "./server.ts";
import { median } from "./statistics.ts";

/** A server is measured as it is after its first uploads; the compiler is done after about six. */
const WARM_UPS = 8;
const PAIRS = 9;
/** Times that of `tar`. */
const BOUNDS = { disk: 1.5, memory: 2.2 };

/** Measures on the disk of the temporary files, and in memory where the system has a folder there. */
export async function measureUpload(): Promise<Section> {
  const memory = await memoryFolder();
  // Not on the disk if it can be helped: where freed blocks are discarded, the disk is slow for a
  // while after thousands of files were removed, as they are once they are packed.
  await using scratch = await makeScratch(memory);
  const report = await makeReport(scratch.folder, {
    name: "big",
    files: 3000,
    linesEach: 190,
    xmlClasses: 1500,
    xmlLines: 175,
  });
  const { size } = await Deno.stat(report.archive);
  const table = [["file system", "upload", "tar -xzf", "median of ratios", "bound", "verdict"]];
  const missed: string[] = [];

  for (const place of ["disk", "memory"] as const) {
    if (place === "memory" && memory === undefined) {
      table.push(["memory (no tmpfs here)"]);
      continue;
    }
    await using target = await makeScratch(place === "memory" ? memory : undefined);
    const isTmpfs = place === "memory" || await typeOf(target.folder) === "tmpfs";
    const pairs = await measurePairs(report, target.folder);
    const ratio = median(pairs.map(({ upload, tar }) => upload / tar));
    const verdict = judge(`upload, ${place}: time against tar`, {
      value: ratio,
      bound: isTmpfs ? BOUNDS.memory : BOUNDS.disk,
      unit: " x",
    });
    missed.push(...verdict.missed);
    table.push([
      isTmpfs && place === "disk" ? "temporary files (a tmpfs here)" : place,
      `${(median(pairs.map(({ upload }) => upload)) * 1000).toFixed(0)} ms`,
      `${(median(pairs.map(({ tar }) => tar)) * 1000).toFixed(0)} ms`,
      `${ratio.toFixed(2)} x`,
      ...verdict.cells,
    ]);
  }
  return {
    title: `upload: ${report.files} files, ${megabytes(report.bytes)} MB, ` +
      `${megabytes(size)} MB packed; ${PAIRS} pairs in turn`,
    table,
    notes: [],
    missed,
  };
}

/** Seconds of an upload and of `tar`, one after the other, so that both meet the same moment. */
async function measurePairs(
  report: BenchReport,
  folder: string,
): Promise<{ upload: number; tar: number }[]> {
  await using server = await startServer(join(folder, "data"));
  const upload = (branch: string) =>
    sendByCurl(server.address, {
      archive: report.archive,
      branch,
      coverageFile: "jacoco.xml",
      as: "body",
    });
  const pairs: { upload: number; tar: number }[] = [];
  for (let warmUp = 0; warmUp < WARM_UPS; warmUp++) await upload(`warm-up-${warmUp}`);
  for (let pair = 0; pair < PAIRS; pair++) {
    await settleDisk();
    // A branch of its own: an upload that supersedes another also removes that one's files.
    const seconds = await upload(`pair-${pair}`);
    await settleDisk();
    pairs.push({
      upload: seconds,
      tar: await unpackByTar(report.archive, join(folder, `unpacked-${pair}`)),
    });
  }
  return pairs;
}

async function unpackByTar(archive: string, folder: string): Promise<number> {
  await Deno.mkdir(folder);
  const startedAt = performance.now();
  await run("tar", ["-xzf", archive, "-C", folder]);
  return (performance.now() - startedAt) / 1000;
}

/** Waits until what one command wrote is on the disk, so that the next does not pay for it. */
async function settleDisk(): Promise<void> {
  if (Deno.build.os !== "windows") await run("sync", []);
}

/** What `stat` calls the file system of a folder; nothing where it does not tell. */
async function typeOf(folder: string): Promise<string | undefined> {
  return await run("stat", ["-f", "-c", "%T", folder]).then((type) => type.trim(), () => undefined);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
