/**
 * A report of the ancestor's, as a folder among its assets. What is in it came out of archives that
 * nobody had checked.
 *
 * @module
 */
import { join } from "node:path";
import { HttpError, OperatorError, quote } from "../../src/errors.ts";
import type { StagedReport } from "../../src/reports/store.ts";
import { safePath } from "../../src/archive/safe_path.ts";
import { IndexPage } from "../../src/archive/index_page.ts";

/** A report that was copied, or looked at. */
export interface CopiedReport {
  /** The page to lead readers to; null: the listing. */
  readonly index: string | null;
  /** How many files it has. */
  readonly files: number;
  /** Bytes of those. */
  readonly bytes: number;
  /** What is not in it, and why: a sentence each. */
  readonly leftOut: readonly string[];
}

/** Where a report can be written. */
export type Staging = Pick<StagedReport, "makeFolder" | "writeFile" | "createFile">;

/**
 * Copies the files and folders of `assets/folder` that an upload might have; without `staged` only
 * counts them. Nothing where it has no files. Throws a sentence for what cannot be read.
 */
export async function copyReport(
  assets: string,
  folder: string,
  staged: Staging | undefined,
): Promise<CopiedReport | undefined> {
  if (!await isFolder(assets, folder)) return undefined;
  const index = new IndexPage();
  const leftOut: string[] = [];
  let files = 0, bytes = 0;
  const visit = async (below: string) => {
    for (const path of await entries(join(assets, folder), below)) {
      const at = join(assets, folder, path);
      const refuse = (why: string) => leftOut.push(`${quote(`${folder}/${path}`)} is ${why}`);
      const info = await reading(at, () => Deno.lstat(at));
      if (!info) refuse("not there under a name in UTF-8");
      else if (!isSafe(path)) refuse("no name that an upload may have");
      else if (info.isDirectory) {
        await staged?.makeFolder(path);
        await visit(path);
      } else if (info.isFile) {
        if (staged) await copyFile(at, await staged.createFile(path));
        index.add(path);
        files++;
        bytes += info.size;
      } else refuse(info.isSymlink ? "a symbolic link" : "no file or folder");
    }
  };
  await visit("");
  return files === 0 ? undefined : { index: index.result(), files, bytes, leftOut };
}

/** A page in the place of a report that there is not: an active upload always has one. */
export async function writeNoReport(staged: Staging): Promise<CopiedReport> {
  const index = "index.html";
  const page = new TextEncoder().encode(`<!doctype html>
<meta charset="utf-8">
<title>No report</title>
<p>The server that this upload was taken over from had no report of it. The next upload brings one.
`);
  await staged.writeFile(index, page);
  return { index, files: 1, bytes: page.byteLength, leftOut: [] };
}

/** Whether it is a folder, on a way through folders alone; a link may lead out of the assets. */
async function isFolder(assets: string, folder: string): Promise<boolean> {
  let path = assets;
  for (const segment of folder.split("/")) {
    path = join(path, segment);
    const info = await reading(path, () => Deno.lstat(path));
    if (!info?.isDirectory) return false;
  }
  return true;
}

/** The paths in a folder, below `root`. */
async function entries(root: string, below: string): Promise<string[]> {
  const folder = join(root, below);
  const found = await reading(folder, () => Array.fromAsync(Deno.readDir(folder)));
  return (found ?? []).map(({ name }) => below === "" ? name : `${below}/${name}`);
}

function isSafe(path: string): boolean {
  try {
    return safePath(path) === path;
  } catch (error) {
    if (error instanceof HttpError) return false;
    throw error;
  }
}

async function copyFile(path: string, target: Deno.FsFile): Promise<void> {
  using _ = target;
  using source = await reading(path, () => Deno.open(path));
  if (!source) return;
  const buffer = new Uint8Array(64 * 1024);
  while (true) {
    const count = await source.read(buffer);
    if (count === null) return;
    for (let written = 0; written < count;) {
      written += await target.write(buffer.subarray(written, count));
    }
  }
}

/** Nothing where it is not there. */
async function reading<T>(path: string, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new OperatorError(`${path} cannot be read: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}
