/** `llvm-cov export`: clang, Swift, and Rust's cargo-llvm-cov. */
import { jsonCount, wholeHits } from "./counts.ts";
import { CoverageError, coverageOf, type ParsedCoverage } from "./coverage.ts";
import type { JsonFormat, JsonPath, JsonReader } from "./format.ts";
import { LineCollector } from "./line_collector.ts";
import { type LineSegment, segmentLines } from "./llvm_segments.ts";
import type { DocumentMemory } from "./memory.ts";

/** Segments of one file, which are held until its end. */
const MAX_SEGMENTS = 500_000;

export const llvmCov: JsonFormat = {
  kind: "json",
  name: "llvm-cov",
  title: "llvm-cov's JSON export",
  matches: ([first, , third]) =>
    first === "data" && (third === "files" || third === "totals" || third === "functions"),
  open: (memory) => new LlvmCovReader(memory),
};

/** The totals are of functions' regions, and may count more lines than the files list. */
class LlvmCovReader implements JsonReader {
  #covered = 0;
  #valid = 0;
  readonly #lines: LineCollector;
  #file = "";
  #segments: LineSegment[] = [];
  #segment: (number | boolean)[] = [];

  constructor(memory: DocumentMemory) {
    this.#lines = new LineCollector(memory);
  }

  value(value: string | number | boolean | null, path: JsonPath): void {
    if (path[0] !== "data") return;
    if (path[2] === "totals" && path[3] === "lines" && path.length === 5) {
      if (path[4] === "count") this.#valid += jsonCount("totals.lines.count", value);
      if (path[4] === "covered") this.#covered += jsonCount("totals.lines.covered", value);
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
      this.#lines.begin(this.#file);
      for (const { line, hits } of segmentLines(this.#segments)) this.#lines.add(line, hits);
    }
    this.#segments = [];
    this.#file = "";
  }

  result(): ParsedCoverage {
    const lines = this.#lines.finish();
    return {
      total: this.#valid > 0
        ? coverageOf(this.#covered, this.#valid, llvmCov.name)
        : coverageOf(lines.covered, lines.valid, llvmCov.name),
      lines: lines.valid > 0 ? lines.encoded : null,
    };
  }
}
