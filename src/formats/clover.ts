/** Clover: PHPUnit, Istanbul, Perl's Devel::Cover, gcovr, OpenClover. */
import { hitCount, totalCount, wholeNumber } from "./counts.ts";
import { type Counts, coverageOf, type ParsedCoverage } from "./coverage.ts";
import type { Attributes, XmlFormat, XmlReader } from "./format.ts";
import type { LineCollector } from "./line_collector.ts";

export const clover: XmlFormat = {
  kind: "xml",
  name: "clover",
  title: "Clover",
  open({ name, child }, lines) {
    const isClover = name === "coverage" && (child === "project" || child === "testproject");
    return isClover ? new CloverReader(lines) : undefined;
  },
};

/**
 * The project's own `<metrics>` states the totals; those of packages, files and classes are parts
 * of it, and `<testproject>` measures the tests. It comes first in some tools and last in others.
 */
class CloverReader implements XmlReader {
  #project: Counts | undefined;
  readonly #files: Counts = { covered: 0, valid: 0 };

  constructor(private readonly lines: LineCollector) {}

  start(name: string, attributes: Attributes, path: readonly string[]): void {
    if (path[1] !== "project") return;
    const parent = path.at(-1);
    if (name === "file") {
      this.lines.begin(attributes.get("path") || attributes.get("name") || "");
    } else if (name === "metrics" && parent === "project") {
      this.#project ??= countsOf(attributes);
    } else if (name === "metrics" && parent === "file") {
      const { covered, valid } = countsOf(attributes);
      this.#files.covered += covered;
      this.#files.valid += valid;
    } else if (name === "line" && parent === "file") {
      this.#line(attributes);
    }
  }

  #line(attributes: Attributes): void {
    // A line with a condition is a "cond" in Istanbul's reports, and a statement as well in others.
    const type = attributes.get("type");
    if (type !== "stmt" && type !== "cond") return;
    const number = wholeNumber(attributes.get("num") ?? "");
    if (number === undefined) return;
    const count = attributes.get("count");
    // OpenClover counts a condition by its two outcomes.
    const hits = count === undefined
      ? hitCount(attributes.get("truecount")) + hitCount(attributes.get("falsecount"))
      : hitCount(count);
    this.lines.add(number, hits);
  }

  result(): ParsedCoverage {
    const lines = this.lines.finish();
    const counted = [this.#project, this.#files].find((counts) => counts && counts.valid > 0);
    return { total: coverageOf(counted ?? lines, clover.name), lines: lines.encoded };
  }
}

/** Statements; gcovr 7 writes statements="0" and counts lines only as elements. */
function countsOf(metrics: Attributes): Counts {
  const counts = (what: "statements" | "elements") => ({
    covered: totalCount(`covered${what}`, metrics.get(`covered${what}`)) ?? 0,
    valid: totalCount(what, metrics.get(what)) ?? 0,
  });
  const statements = counts("statements");
  return statements.valid > 0 ? statements : counts("elements");
}
