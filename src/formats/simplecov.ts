/** SimpleCov's .resultset.json, and its coverage.json. */
import { coverageOf, type ParsedCoverage } from "./coverage.ts";
import type { JsonFormat, JsonPath, JsonReader } from "./format.ts";
import { LineCollector } from "./line_collector.ts";

export const simplecov: JsonFormat = {
  kind: "json",
  name: "simplecov",
  title: "SimpleCov's .resultset.json",
  matches: ([first, second, ...rest]) =>
    (second === "coverage" && rest.length === 0) ||
    (first === "meta" && second === "simplecov_version"),
  open: (lines) => new SimpleCovReader(lines),
};

/**
 * Suites are united as `SimpleCov::Combine::LinesCombiner` does: hit if any suite hit it; else no line
 * where any suite has `null` for it. A file's lines are an array, or `{"lines": […]}` since 0.18.
 */
class SimpleCovReader implements JsonReader {
  /** Those that are `null`. */
  readonly #never: LineCollector;
  #file = "";
  #suite = "";

  constructor(private readonly lines: LineCollector) {
    this.#never = new LineCollector(lines.memory);
  }

  value(value: string | number | boolean | null, path: JsonPath): void {
    // The file is a key below "coverage", which is below the suite, but in coverage.json.
    const depth = path[1] === "coverage" ? 2 : path[0] === "coverage" ? 1 : undefined;
    if (depth === undefined) return;
    const inFile = path.slice(depth + 1);
    const place = inFile[0] === "lines" ? inFile[1] : inFile[0];
    if (typeof place !== "number" || inFile.length !== (inFile[0] === "lines" ? 2 : 1)) return;
    const file = String(path[depth]), suite = String(path[0]);
    if (file !== this.#file || suite !== this.#suite) {
      this.lines.begin(file);
      this.#never.begin(file);
      this.#file = file;
      this.#suite = suite;
    }
    // Not a number: null, or "ignored" between :nocov: marks.
    if (typeof value === "number") this.lines.add(place + 1, value);
    else this.#never.add(place + 1, 0);
  }

  result(): ParsedCoverage {
    this.lines.subtract(this.#never);
    const lines = this.lines.finish();
    return { total: coverageOf(lines, simplecov.name), lines: lines.encoded };
  }
}
