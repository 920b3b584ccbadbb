/** gcovr's JSON, and its JSON summary, which has no lines. */
import { jsonCount, wholeHits } from "./counts.ts";
import { type Counts, CoverageError, coverageOf, type ParsedCoverage } from "./coverage.ts";
import type { JsonFormat, JsonPath, JsonReader } from "./format.ts";
import type { LineCollector } from "./line_collector.ts";

export const gcovr: JsonFormat = {
  kind: "json",
  name: "gcovr",
  title: "gcovr's JSON",
  matches: ([first, second, third]) =>
    first === "gcovr/format_version" ||
    (first === "files" && typeof second === "number" && (third === "file" || third === "lines")),
  open: (lines) => new GcovrReader(lines),
};

export const gcovrSummary: JsonFormat = {
  kind: "json",
  name: "gcovr-summary",
  title: "gcovr's JSON summary",
  matches: ([first, ...rest]) =>
    rest.length === 0 &&
    (first === "gcovr/summary_format_version" ||
      /^(?:branch|line)_(?:covered|total)$/.test(`${first}`)),
  open: () => new GcovrSummaryReader(),
};

/**
 * Since gcovr 8.4 a line has an entry for each function that it is in, such as the instances of a
 * template, and gcovr's own number counts entries.
 */
class GcovrReader implements JsonReader {
  readonly #entries: Counts = { covered: 0, valid: 0 };
  #file: string | undefined;
  #line: number | undefined;
  #hits = 0;
  #isCode = true;

  constructor(private readonly lines: LineCollector) {}

  value(value: string | number | boolean | null, path: JsonPath): void {
    if (path[0] !== "files") return;
    if (path.length === 3 && path[2] === "file") this.#begin(String(value));
    if (path.length === 3 && path[2] === "percent_covered") {
      throw new CoverageError("is kcov's summary; give cobertura.xml, which kcov writes as well");
    }
    if (path.length !== 5 || path[2] !== "lines") return;
    switch (path[4]) {
      case "line_number":
        this.#line = Number(value);
        return;
      case "count":
        this.#hits = wholeHits(Number(value));
        return;
      case "gcovr/noncode":
      case "gcovr/excluded":
        if (value === true) this.#isCode = false;
    }
  }

  #begin(file: string): void {
    this.#file = file;
    this.lines.begin(file);
  }

  end(path: JsonPath): void {
    if (path[0] !== "files") return;
    if (path.length === 4 && path[2] === "lines") {
      if (this.#line !== undefined && this.#isCode) {
        if (this.#file === undefined) this.#begin(`file ${path[1]}`);
        this.lines.add(this.#line, this.#hits);
        this.#entries.valid++;
        if (this.#hits > 0) this.#entries.covered++;
      }
      this.#line = undefined;
      this.#hits = 0;
      this.#isCode = true;
    } else if (path.length === 2) {
      this.#file = undefined;
    }
  }

  result(): ParsedCoverage {
    return { total: coverageOf(this.#entries, gcovr.name), lines: this.lines.finish().encoded };
  }
}

class GcovrSummaryReader implements JsonReader {
  readonly #total: Counts = { covered: 0, valid: 0 };

  value(value: string | number | boolean | null, path: JsonPath): void {
    if (path.length !== 1) return;
    if (path[0] === "line_covered") this.#total.covered = jsonCount("line_covered", value);
    if (path[0] === "line_total") this.#total.valid = jsonCount("line_total", value);
  }

  result(): ParsedCoverage {
    return { total: coverageOf(this.#total, gcovrSummary.name), lines: null };
  }
}
