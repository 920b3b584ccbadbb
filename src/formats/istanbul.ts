/** Istanbul's coverage-final.json: nyc, Jest, Vitest, Cypress, c8; and the coverage.json of Istanbul 0.x. */
import { wholeHits } from "./counts.ts";
import { CoverageError, coverageOf, type ParsedCoverage } from "./coverage.ts";
import type { JsonFormat, JsonPath, JsonReader } from "./format.ts";
import { LineCollector } from "./line_collector.ts";
import type { DocumentMemory } from "./memory.ts";

/** Statements of one file, which are held until its end. */
const MAX_STATEMENTS = 500_000;
const PARTS = new Set(["statementMap", "fnMap", "branchMap", "s", "f", "b", "l"]);

export const istanbul: JsonFormat = {
  kind: "json",
  name: "istanbul",
  title: "Istanbul's coverage-final.json",
  matches: (path) => path.length === 2 && PARTS.has(String(path[1])),
  open: (memory) => new IstanbulReader(memory),
};

/**
 * As `FileCoverage.getLineCoverage` does: the statements that start in a line, with the highest count.
 * Istanbul 0.x takes a statement with `skip`, which a comment ignores, as hit. It may have written the
 * result as `l`, and solidity-coverage fills `l` with lines without a statement, so there `l` counts.
 */
class IstanbulReader implements JsonReader {
  readonly #lines: LineCollector;
  readonly #starts = new Map<string, number>();
  readonly #counts = new Map<string, number>();
  readonly #skipped = new Map<string, number>();
  /** `l`, if the file has it. */
  #hits: Map<string, number> | undefined;

  constructor(memory: DocumentMemory) {
    this.#lines = new LineCollector(memory);
  }

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
    if ((this.#hits ?? this.#counts).size > 0) this.#lines.begin(String(path[0]));
    if (this.#hits) {
      for (const [line, hits] of this.#hits) this.#lines.add(Number(line), hits);
    } else {
      for (const [id, count] of this.#counts) {
        const line = this.#starts.get(id);
        if (line !== undefined) this.#lines.add(line, count || (this.#skipped.get(id) ?? 0));
      }
    }
    this.#starts.clear();
    this.#counts.clear();
    this.#skipped.clear();
    this.#hits = undefined;
  }

  result(): ParsedCoverage {
    const { covered, valid, encoded } = this.#lines.finish();
    return { total: coverageOf(covered, valid, istanbul.name), lines: encoded };
  }
}
