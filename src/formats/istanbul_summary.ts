/** Istanbul's coverage-summary.json, which has no lines. */
import { jsonCount } from "./counts.ts";
import { coverageOf, type ParsedCoverage } from "./coverage.ts";
import type { JsonFormat, JsonPath, JsonReader } from "./format.ts";
import type { Counts } from "./line_collector.ts";

const KINDS = new Set(["lines", "statements", "functions", "branches"]);
const COUNTS = new Set(["total", "covered", "skipped", "pct"]);

export const istanbulSummary: JsonFormat = {
  kind: "json",
  name: "istanbul-summary",
  title: "Istanbul's coverage-summary.json",
  matches: (path) => path.length === 3 && KINDS.has(String(path[1])) && COUNTS.has(String(path[2])),
  open: () => new SummaryReader(),
};

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
    const { covered = this.#files.covered, valid = this.#files.valid } = this.#total;
    return { total: coverageOf(covered, valid, istanbulSummary.name), lines: null };
  }
}
