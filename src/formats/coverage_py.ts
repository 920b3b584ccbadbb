/**
 * coverage.py's `coverage json`. Its printed total mixes lines and branches; the lines are in its totals.
 */
import { jsonCount } from "./counts.ts";
import { coverageOf, type ParsedCoverage } from "./coverage.ts";
import type { JsonFormat, JsonPath, JsonReader } from "./format.ts";
import type { LineCollector } from "./line_collector.ts";

export const coveragePy: JsonFormat = {
  kind: "json",
  name: "coverage.py",
  title: "coverage.py's JSON",
  matches: ([first, second, third]) =>
    (first === "files" && (third === "executed_lines" || third === "missing_lines")) ||
    (first === "totals" && (second === "covered_lines" || second === "num_statements")) ||
    (first === "meta" && (second === "branch_coverage" || second === "show_contexts")),
  open: (lines) => new CoveragePyReader(lines),
};

class CoveragePyReader implements JsonReader {
  #covered: number | undefined;
  #valid: number | undefined;
  #file: string | undefined;

  constructor(private readonly lines: LineCollector) {}

  value(value: string | number | boolean | null, path: JsonPath): void {
    if (path[0] === "totals" && path.length === 2) {
      if (path[1] === "covered_lines") this.#covered = jsonCount("covered_lines", value);
      if (path[1] === "num_statements") this.#valid = jsonCount("num_statements", value);
      return;
    }
    // Below a file's functions and classes the same lines stand again.
    if (path[0] !== "files" || path.length !== 4 || typeof value !== "number") return;
    if (path[2] !== "executed_lines" && path[2] !== "missing_lines") return;
    if (path[1] !== this.#file) {
      this.#file = String(path[1]);
      this.lines.begin(this.#file);
    }
    this.lines.add(value, path[2] === "executed_lines" ? 1 : 0);
  }

  result(): ParsedCoverage {
    const lines = this.lines.finish();
    const covered = this.#covered, valid = this.#valid;
    const isStated = covered !== undefined && valid !== undefined;
    const total = coverageOf(isStated ? { covered, valid } : lines, coveragePy.name);
    return { total, lines: lines.encoded };
  }
}
