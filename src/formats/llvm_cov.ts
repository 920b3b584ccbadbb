/**
 * `llvm-cov export`: clang, Swift, and Rust's cargo-llvm-cov. Its segments become lines as
 * `LineCoverageStats` and `LineCoverageIterator` of llvm/lib/ProfileData/Coverage/CoverageMapping.cpp
 * make them.
 */
import { jsonCount, wholeHits } from "./counts.ts";
import { type Counts, CoverageError, coverageOf, type ParsedCoverage } from "./coverage.ts";
import type { JsonFormat, JsonPath, JsonReader } from "./format.ts";
import type { LineCollector } from "./line_collector.ts";

/** Segments of one file, which are held until its end. */
const MAX_SEGMENTS = 500_000;
/** Lines from a segment to the next one. */
const MAX_SPAN = 1_000_000;

export const llvmCov: JsonFormat = {
  kind: "json",
  name: "llvm-cov",
  title: "llvm-cov's JSON export",
  matches: ([first, , third]) =>
    first === "data" && (third === "files" || third === "totals" || third === "functions"),
  open: (lines) => new LlvmCovReader(lines),
};

/** Where the count changes. */
interface LineSegment {
  readonly line: number;
  readonly count: number;
  readonly hasCount: boolean;
  /** Whether a region starts here, as opposed to one that goes on. */
  readonly isEntry: boolean;
  /** White space between regions. */
  readonly isGap: boolean;
}

/** The totals are of functions' regions, and may count more lines than the files list. */
class LlvmCovReader implements JsonReader {
  readonly #total: Counts = { covered: 0, valid: 0 };
  #file = "";
  #segments: LineSegment[] = [];
  #segment: (number | boolean)[] = [];

  constructor(private readonly lines: LineCollector) {}

  value(value: string | number | boolean | null, path: JsonPath): void {
    if (path[0] !== "data") return;
    if (path[2] === "totals" && path[3] === "lines" && path.length === 5) {
      if (path[4] === "count") this.#total.valid += jsonCount("totals.lines.count", value);
      if (path[4] === "covered") this.#total.covered += jsonCount("totals.lines.covered", value);
    } else if (path[2] === "files" && path[4] === "filename" && path.length === 5) {
      this.#file = String(value);
    } else if (path[2] === "files" && path[4] === "segments" && path.length === 7) {
      if (this.#segment.length < 6 && (typeof value === "number" || typeof value === "boolean")) {
        this.#segment.push(value);
      }
    }
  }

  end(path: JsonPath): void {
    if (path[0] !== "data" || path[2] !== "files") return;
    if (path.length === 6 && path[4] === "segments") this.#endSegment();
    if (path.length === 4) this.#endFile();
  }

  /** `[line, column, count, has count, is the start of a region, is a gap]` */
  #endSegment(): void {
    if (this.#segments.length === MAX_SEGMENTS) {
      throw new CoverageError(`has a file of more than ${MAX_SEGMENTS} segments`);
    }
    const [line, , count, hasCount, isEntry, isGap] = this.#segment;
    this.#segments.push({
      line: Number(line ?? 0),
      count: wholeHits(Number(count ?? 0)),
      hasCount: Boolean(hasCount),
      isEntry: Boolean(isEntry),
      isGap: Boolean(isGap),
    });
    this.#segment = [];
  }

  #endFile(): void {
    if (this.#segments.length > 0) {
      this.lines.begin(this.#file);
      for (const { line, hits } of segmentLines(this.#segments)) this.lines.add(line, hits);
    }
    this.#segments = [];
    this.#file = "";
  }

  result(): ParsedCoverage {
    const lines = this.lines.finish();
    const total = coverageOf(this.#total.valid > 0 ? this.#total : lines, llvmCov.name);
    return { total, lines: lines.encoded };
  }
}

/** The lines of a file's segments. */
function* segmentLines(
  segments: readonly LineSegment[],
): Generator<{ line: number; hits: number }> {
  let wrapped: LineSegment | undefined;
  let next = 0;
  for (let line = segments[0]?.line ?? 0; next < segments.length; line++) {
    const first = next;
    while (next < segments.length && segments[next]!.line === line) next++;
    if (first === next && (segments[next]!.line < line || segments[next]!.line - line > MAX_SPAN)) {
      throw new CoverageError(
        `has a segment of line ${segments[next]!.line} after one of line ${line - 1}`,
      );
    }
    const own = segments.slice(first, next);
    const hits = hitsOf(own, wrapped);
    if (hits !== undefined) yield { line, hits };
    wrapped = own.at(-1) ?? wrapped;
  }
}

/** Hits of a line with its segments and the last one before it; nothing for a line without code. */
function hitsOf(
  segments: readonly LineSegment[],
  wrapped: LineSegment | undefined,
): number | undefined {
  const starts = segments.filter(({ hasCount, isEntry, isGap }) => hasCount && isEntry && !isGap);
  const first = segments[0];
  const startsSkipped = first !== undefined && !first.hasCount && first.isEntry;
  const isMapped = (!startsSkipped && (wrapped?.hasCount || starts.length > 0)) ||
    segments.some(({ hasCount, isEntry }) => hasCount && isEntry);
  if (!isMapped) return undefined;
  return Math.max(wrapped?.count ?? 0, ...starts.map(({ count }) => count));
}
