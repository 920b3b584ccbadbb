/**
 * Istanbul's coverage-final.json, and its coverage-summary.json, which has no lines: nyc, Jest, Vitest,
 * Cypress, c8. And the coverage.json of Istanbul 0.x.
 */
import { jsonCount, wholeHits } from "./counts.ts";
import { type Counts, CoverageError, coverageOf, type ParsedCoverage } from "./coverage.ts";
import type { JsonFormat, JsonPath, JsonReader } from "./format.ts";
import type { LineCollector } from "./line_collector.ts";

/** Statements of one file, which are held until its end. */
const MAX_STATEMENTS = 500_000;
const PARTS = new Set(["statementMap", "fnMap", "branchMap", "s", "f", "b", "l"]);
const KINDS = new Set(["lines", "statements", "functions", "branches"]);
const COUNTS = new Set(["total", "covered", "skipped", "pct"]);

export const istanbul: JsonFormat = {
  kind: "json",
  name: "istanbul",
  title: "Istanbul's coverage-final.json",
  matches: (path) => path.length === 2 && PARTS.has(String(path[1])),
  open: (lines) => new IstanbulReader(lines),
};

export const istanbulSummary: JsonFormat = {
  kind: "json",
  name: "istanbul-summary",
  title: "Istanbul's coverage-summary.json",
  matches: (path) => path.length === 3 && KINDS.has(String(path[1])) && COUNTS.has(String(path[2])),
  open: () => new SummaryReader(),
};

/**
 * As `FileCoverage.getLineCoverage` does: the statements that start in a line, with the highest count.
 * Istanbul 0.x takes a statement with `skip`, which a comment ignores, as hit. It may have written the
 * result as `l`, and solidity-coverage fills `l` with lines without a statement, so there `l` counts.
 */
class IstanbulReader implements JsonReader {
  readonly #starts = new Map<string, number>();
  readonly #counts = new Map<string, number>();
  readonly #skipped = new Map<string, number>();
  /** `l`, if the file has it. */
  #hits: Map<string, number> | undefined;

  constructor(private readonly lines: LineCollector) {}

  value(value: string | number | boolean | null, path: JsonPath): void {
    if (path[1] === "s" && path.length === 3) {
      // JSON has null for the NaN that instrumented code may count to; Istanbul takes both as no hit.
      if (value === null || typeof value === "number") {
        this.#set(this.#counts, path[2]!, wholeHits(value ?? 0));
      }
    } else if (path[1] === "l" && path.length === 3) {
      this.#set(this.#hits ??= new Map(), path[2]!, wholeHits(Number(value)));
    } else if (
      typeof value === "number" && path[1] === "statementMap" && path.length === 5 &&
      path[3] === "start" && path[4] === "line"
    ) {
      this.#set(this.#starts, path[2]!, value);
    } else if (value === true && path[1] === "statementMap" && path[3] === "skip") {
      this.#set(this.#skipped, path[2]!, 1);
    }
  }

  #set(map: Map<string, number>, id: string | number, value: number): void {
    if (map.size === MAX_STATEMENTS) {
      throw new CoverageError(`has a file of more than ${MAX_STATEMENTS} statements`);
    }
    map.set(String(id).slice(0, 20), value);
  }

  end(path: JsonPath): void {
    if (path.length === 2 && path[1] === "l") this.#hits ??= new Map();
    if (path.length !== 1) return;
    if ((this.#hits ?? this.#counts).size > 0) this.lines.begin(String(path[0]));
    if (this.#hits) {
      for (const [line, hits] of this.#hits) this.lines.add(Number(line), hits);
    } else {
      for (const [id, count] of this.#counts) {
        const line = this.#starts.get(id);
        if (line !== undefined) this.lines.add(line, count || (this.#skipped.get(id) ?? 0));
      }
    }
    this.#starts.clear();
    this.#counts.clear();
    this.#skipped.clear();
    this.#hits = undefined;
  }

  result(): ParsedCoverage {
    const lines = this.lines.finish();
    return { total: coverageOf(lines, istanbul.name), lines: lines.encoded };
  }
}

/** `total` is the sum of the files, which follow it. */
class SummaryReader implements JsonReader {
  readonly #total: Partial<Counts> = {};
  readonly #files: Counts = { covered: 0, valid: 0 };

  value(value: string | number | boolean | null, path: JsonPath): void {
    if (path.length !== 3 || path[1] !== "lines") return;
    const kind = path[2] === "total" ? "valid" : path[2] === "covered" ? "covered" : undefined;
    if (!kind) return;
    const count = jsonCount(`${path[0]}.lines.${path[2]}`, value);
    if (path[0] === "total") this.#total[kind] = count;
    else this.#files[kind] += count;
  }

  result(): ParsedCoverage {
    const counts = { ...this.#files, ...this.#total };
    return { total: coverageOf(counts, istanbulSummary.name), lines: null };
  }
}
