/** The files of an upload: their change against the base, their folders, their order. */
import { changeOf } from "../model/percentage.ts";
import { type FileSummary, type LineCounts, percentageIn } from "../reports/file_lines.ts";

export interface FileCoverage extends FileSummary {
  /** In the base; undefined where that does not have the file. */
  readonly before?: LineCounts | undefined;
}

export interface FolderCoverage extends LineCounts {
  /** Ends with a slash. */
  readonly path: string;
  readonly files: number;
  readonly before?: LineCounts | undefined;
}

export type FileSort = "coverage" | "missed" | "change" | "path";

export function compareWithBase(
  files: readonly FileSummary[],
  base: readonly FileSummary[],
): FileCoverage[] {
  const before = new Map(base.map((file) => [file.path, file]));
  return files.map((file) => ({ ...file, before: before.get(file.path) }));
}

export function sumOf(files: readonly LineCounts[]): LineCounts {
  let linesCovered = 0, linesValid = 0;
  for (const file of files) {
    linesCovered += file.linesCovered;
    linesValid += file.linesValid;
  }
  return { linesCovered, linesValid };
}

/** In percentage points; null where there is nothing to compare with. */
export function changeIn(
  now: LineCounts & { readonly before?: LineCounts | undefined },
): number | null {
  const after = percentageIn(now);
  return after === null || !now.before ? null : changeOf(percentageIn(now.before), after);
}

/** The longest folder, "" or with a slash at the end, that all of these files are in. */
export function commonFolder(files: readonly { readonly path: string }[]): string {
  let common = files[0]?.path.replace(/[^/]*$/, "") ?? "";
  for (const { path } of files) {
    while (!path.startsWith(common)) common = common.replace(/[^/]*\/$/, "");
  }
  return common;
}

/** The folder that the full paths of all files begin with; "" for paths in a repository. */
export function rootOf(files: readonly { readonly path: string }[]): string {
  const common = commonFolder(files);
  return /^(?:[A-Za-z]:)?\/./.test(common) ? common : "";
}

/**
 * The folders right below `folder`. One that holds nothing but another folder stands for that one:
 * `com/acme/shop/` is a single row.
 */
export function foldersIn(
  folder: string,
  files: readonly FileSummary[],
  base: readonly FileSummary[],
): FolderCoverage[] {
  const before = groupByFolder(folder, base);
  return [...groupByFolder(folder, files)].map(([name, inside]) => {
    const baseInside = before.get(name);
    return {
      path: commonFolder(inside),
      files: inside.length,
      ...sumOf(inside),
      before: baseInside && sumOf(baseInside),
    };
  });
}

function groupByFolder(
  folder: string,
  files: readonly FileSummary[],
): Map<string, FileSummary[]> {
  const groups = new Map<string, FileSummary[]>();
  for (const file of files) {
    if (!file.path.startsWith(folder)) continue;
    const end = file.path.indexOf("/", folder.length);
    if (end === -1) continue;
    const name = file.path.slice(folder.length, end);
    const group = groups.get(name);
    if (group) group.push(file);
    else groups.set(name, [file]);
  }
  return groups;
}

/** What has no percentage or no change comes last in either order; ties by missed lines, then path. */
export function sortCoverage<Item extends FileCoverage | FolderCoverage>(
  items: readonly Item[],
  sort: FileSort,
  descending: boolean,
): Item[] {
  const missed = (item: Item) => item.linesValid - item.linesCovered;
  const valueOf = {
    coverage: percentageIn,
    change: changeIn,
    missed,
    path: () => 0,
  }[sort];
  const direction = descending ? -1 : 1;
  return items.map((item) => ({ item, value: valueOf(item) }))
    .sort((a, b) => {
      if (a.value !== b.value) {
        if (a.value === null) return 1;
        if (b.value === null) return -1;
        return (a.value - b.value) * direction;
      }
      const byPath = a.item.path < b.item.path ? -1 : 1;
      if (sort === "path") return byPath * direction;
      return missed(b.item) - missed(a.item) || byPath;
    })
    .map(({ item }) => item);
}
