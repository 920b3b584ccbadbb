/**
 * Reports of a code-coverage-dashboard: folders among its assets. It unpacked archives without
 * checking their entries.
 */
import { join } from "node:path";
import { HttpError, OperatorError, quote } from "../../src/errors.ts";
import type { StagedReport } from "../../src/reports/store.ts";
import { safePath } from "../../src/archive/safe_path.ts";
import { IndexPage } from "../../src/archive/extract.ts";

export interface CopiedReport {
  /** The page to show first; null: the listing. */
  readonly index: string | null;
  readonly files: number;
  readonly bytes: number;
  /** A sentence for each entry that was not copied. */
  readonly skipped: readonly string[];
}

/**
 * Copies the files and folders of `assets/folder` that an upload may have; without `staged` only
 * counts them. Nothing where there are no files. Follows no symbolic link.
 */
export async function copyReport(
  assets: string,
  folder: string,
  staged: StagedReport | undefined,
): Promise<CopiedReport | undefined> {
  const root = join(assets, folder);
  const index = new IndexPage();
  const skipped: string[] = [];
  let files = 0, bytes = 0;
  const visit = async (below: string) => {
    for await (const { name } of Deno.readDir(join(root, below))) {
      const path = `${below}${name}`;
      const skip = (why: string) => skipped.push(`${quote(`${folder}/${path}`)} ${why}`);
      const info = await ifFound(Deno.lstat(join(root, path)));
      if (!info) skip("has a name that is not UTF-8");
      else if (!isSafe(path)) skip("has a name that is not allowed");
      else if (info.isDirectory) {
        await staged?.makeFolder(path);
        await visit(`${path}/`);
      } else if (info.isFile) {
        await staged?.writeFile(path, (await Deno.open(join(root, path))).readable);
        index.add(path);
        files++;
        bytes += info.size;
      } else skip(info.isSymlink ? "is a symbolic link" : "is not a file or folder");
    }
  };
  try {
    // A link on the way there may lead out of the assets.
    const real = await ifFound(Deno.realPath(root));
    if (real !== join(await Deno.realPath(assets), folder)) return undefined;
    await visit("");
  } catch (cause) {
    throw new OperatorError(
      `The report in ${root} cannot be copied: ${(cause as Error).message}.`,
      { cause },
    );
  }
  return files === 0 ? undefined : { index: index.result(), files, bytes, skipped };
}

/** The page of an active upload without a report: an active upload always has one. */
export async function writePlaceholder(staged: StagedReport): Promise<CopiedReport> {
  const index = "index.html";
  const page = new TextEncoder().encode(`<!doctype html>
<meta charset="utf-8">
<title>No report</title>
<p>The code-coverage-dashboard had no report of this upload. The next upload brings one.
`);
  await staged.writeFile(index, page);
  return { index, files: 1, bytes: page.byteLength, skipped: [] };
}

function isSafe(path: string): boolean {
  try {
    return safePath(path) === path;
  } catch (error) {
    if (error instanceof HttpError) return false;
    throw error;
  }
}

async function ifFound<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
