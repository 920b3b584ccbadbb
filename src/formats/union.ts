/** The union of several coverages, by file and line: a line is hit if it is hit in any. */
import { type Coverage, CoverageError, coverageOf, type ParsedCoverage } from "./coverage.ts";
import { LineCollector } from "./line_collector.ts";
import { decodeFiles } from "./lines.ts";
import { type CoverageFile, namesInUnion, type Rename } from "./modules.ts";

/**
 * The union of encoded lines; `format` is what the total is said to be of, `renames` what the files of
 * each are called in it. Throws a `CoverageError` where there are no lines.
 */
export function unite(
  encoded: Iterable<Uint8Array>,
  format = "union",
  renames: readonly Rename[] = [],
): { total: Coverage; lines: Uint8Array<ArrayBuffer> } {
  const collector = new LineCollector();
  let at = 0;
  for (const bytes of encoded) {
    const rename = renames[at++];
    for (const { path, lines, covered } of decodeFiles(bytes)) {
      collector.begin(rename ? rename(path) : path);
      for (let at = 0; at < lines.length; at++) collector.add(lines[at]!, covered[at]!);
    }
  }
  const { covered, valid, encoded: lines } = collector.finish();
  return { total: coverageOf(covered, valid, format), lines: lines! };
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
