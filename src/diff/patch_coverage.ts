/** Patch coverage: how many of the lines that a diff adds or changes are covered. */
import { decodeLines, type FileLines, uncoveredRanges } from "../formats/lines.ts";
import { percentageOf } from "../model/percentage.ts";
import type { Patch, PatchFile } from "../model/rows.ts";
import { matchPaths } from "./path_matching.ts";
import type { ChangedFile, Ranges } from "./unified_diff.ts";

/** Entries of each list; a patch is stored with its upload. */
export const MAX_LISTED = 300;
/** Files of the report that the diff changes; with more, few others are left. */
const MAX_TOUCHED = 1000;
/** Characters of the ranges of a file. */
const MAX_UNCOVERED = 2000;

/**
 * The coverage of the lines of `changed` that the report knows. A changed file that it does not know
 * counts as not measured if the report has files with the same extension: others, such as
 * documentation, could not be.
 */
export function patchCoverage(
  changed: readonly ChangedFile[],
  encodedLines: Uint8Array,
  sourceRoots?: readonly string[],
): Patch {
  const report = decodeLines(encodedLines);
  const paths = report.map(({ path }) => path);
  const extensions = new Set(paths.map(extensionOf));
  const byName = Map.groupBy(paths, nameOf);
  const files: PatchFile[] = [], notMeasured: string[] = [], ambiguous: string[] = [];
  const touched = new Set<string>();
  let covered = 0, valid = 0;
  for (
    const [at, match] of matchPaths(changed.map(({ path }) => path), paths, sourceRoots).entries()
  ) {
    const { path, added } = changed[at]!;
    if (match === "ambiguous") {
      if (added.length > 0) ambiguous.push(path);
      for (const candidate of byName.get(nameOf(path)) ?? []) {
        if (touched.size > MAX_TOUCHED) break;
        touched.add(candidate);
      }
    } else if (match === "unknown") {
      if (added.length > 0 && extensions.has(extensionOf(path))) notMeasured.push(path);
    } else {
      touched.add(paths[match]!);
      const file = fileOf(path, added, report[match]!);
      covered += file.lines_covered;
      valid += file.lines_valid;
      if (file.lines_valid > 0) files.push(file);
    }
  }
  // The ones with the most uncovered lines are listed.
  const missed = ({ lines_covered, lines_valid }: PatchFile) => lines_valid - lines_covered;
  files.sort((a, b) => missed(b) - missed(a) || (a.path < b.path ? -1 : 1));
  const more = (list: readonly unknown[]) => Math.max(0, list.length - MAX_LISTED);
  return {
    percentage: valid === 0 ? null : percentageOf(covered, valid),
    lines_covered: covered,
    lines_valid: valid,
    files: files.slice(0, MAX_LISTED),
    not_measured: notMeasured.slice(0, MAX_LISTED),
    ambiguous: ambiguous.slice(0, MAX_LISTED),
    touched: touched.size > MAX_TOUCHED ? null : [...touched],
    omitted: { files: more(files), not_measured: more(notMeasured), ambiguous: more(ambiguous) },
  };
}

function fileOf(path: string, added: Ranges, { lines, covered }: FileLines): PatchFile {
  let hit = 0, valid = 0;
  const uncovered: string[] = [];
  let at = 0;
  for (const [first, last] of added) {
    while (at < lines.length && lines[at]! < first) at++;
    const start = at;
    while (at < lines.length && lines[at]! <= last) hit += covered[at++]!;
    valid += at - start;
    const changed = {
      path,
      lines: lines.subarray(start, at),
      covered: covered.subarray(start, at),
    };
    const ranges = uncoveredRanges(changed);
    if (ranges !== "") uncovered.push(ranges);
  }
  return {
    path,
    lines_covered: hit,
    lines_valid: valid,
    uncovered: clipped(uncovered.join(",")),
  };
}

function clipped(ranges: string): string {
  if (ranges.length <= MAX_UNCOVERED) return ranges;
  return `${ranges.slice(0, ranges.lastIndexOf(",", MAX_UNCOVERED))},…`;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** ".ts" of `src/a.ts`; the whole name where it has none. */
function extensionOf(path: string): string {
  const name = nameOf(path);
  return name.slice(Math.max(name.lastIndexOf("."), 0)).toLowerCase();
}
