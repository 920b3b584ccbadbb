/** The lines of an upload: stored, read again, and united with those of others. */
import { type Coverage, CoverageError, coverageOf, type ParsedCoverage } from "./coverage.ts";
import { type Counts, LineCollector } from "./line_collector.ts";
import { decodeFiles, type FileLines } from "./line_encoder.ts";
import { DocumentMemory } from "./memory.ts";
import { type CoverageFile, namesInUnion, type Rename } from "./modules.ts";

export type { FileLines } from "./line_encoder.ts";

/** The stored form of these files: the same file once, a line hit if it is hit in any. */
export function encodeLines(files: Iterable<FileLines>): Uint8Array<ArrayBuffer> {
  using memory = new DocumentMemory();
  const collector = new LineCollector(memory);
  addFiles(collector, files);
  return collector.finish().encoded;
}

/** The files of what `encodeLines` made, in the order they were added. Throws for other bytes. */
export function decodeLines(encoded: Uint8Array): FileLines[] {
  return Array.from(decodeFiles(encoded), ({ path, lines, covered }) => ({
    path,
    lines: lines.slice(),
    covered: covered.slice(),
  }));
}

/** The lines of these files that were hit, and all of them. */
export function totalsOf(files: Iterable<FileLines>): Counts {
  const total = { covered: 0, valid: 0 };
  for (const { covered } of files) {
    total.valid += covered.length;
    for (const value of covered) total.covered += value;
  }
  return total;
}

/**
 * The lines of a file that were not hit, as `12-18,40`. Lines that cannot be hit, such as blank
 * ones, do not end a range.
 */
export function uncoveredRanges({ lines, covered }: FileLines): string {
  const ranges: string[] = [];
  for (let at = 0; at < lines.length;) {
    if (covered[at]) {
      at++;
      continue;
    }
    const first = lines[at]!;
    while (at < lines.length && covered[at] === 0) at++;
    const last = lines[at - 1]!;
    ranges.push(first === last ? `${first}` : `${first}-${last}`);
  }
  return ranges.join(",");
}

/**
 * The union by file and line, hit if hit in any; `format` is what the total is said to be of,
 * `renames` what the files of each are called in it.
 */
export function unite(
  encoded: Iterable<Uint8Array>,
  format = "union",
  renames: readonly Rename[] = [],
): { total: Coverage; lines: Uint8Array<ArrayBuffer> } {
  using memory = new DocumentMemory();
  const collector = new LineCollector(memory);
  let at = 0;
  for (const bytes of encoded) addFiles(collector, decodeFiles(bytes), renames[at++]);
  const { covered, valid, encoded: lines } = collector.finish();
  return { total: coverageOf(covered, valid, format), lines };
}

/** One coverage of the coverage files of an upload, as {@linkcode uniteCoverage}. */
export function uniteFiles(files: readonly CoverageFile[]): ParsedCoverage {
  if (files.length < 2 || files.some(({ lines }) => lines === null)) return uniteCoverage(files);
  const { renames, root } = namesInUnion(files);
  const united = uniteCoverage(files, renames);
  return root === undefined ? united : { ...united, sourceRoots: [root] };
}

/**
 * One coverage of several. Throws a `CoverageError` where one of them has no lines, or none can be
 * counted.
 */
export function uniteCoverage(
  parsed: readonly ParsedCoverage[],
  renames: readonly Rename[] = [],
): ParsedCoverage {
  const [first] = parsed;
  if (parsed.length === 1) return first!;
  const summary = parsed.find(({ lines }) => lines === null);
  if (summary) {
    throw new CoverageError(
      `is a summary without lines (${summary.total.format}), which cannot be united with others`,
    );
  }
  const formats = new Set(parsed.map(({ total }) => total.format.replace(/-statements$/, "")));
  const format = formats.size === 1 ? [...formats][0]! : "union";
  const roots = [...new Set(parsed.flatMap(({ sourceRoots }) => sourceRoots ?? []))];
  return {
    ...unite(parsed.map(({ lines }) => lines!), format, renames),
    ...(roots.length > 0 ? { sourceRoots: roots } : {}),
  };
}

function addFiles(
  collector: LineCollector,
  files: Iterable<FileLines>,
  rename: Rename = (path) => path,
): void {
  for (const { path, lines, covered } of files) {
    collector.begin(rename(path));
    for (let at = 0; at < lines.length; at++) collector.add(lines[at]!, covered[at]!);
  }
}
