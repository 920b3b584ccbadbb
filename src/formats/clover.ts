/**
 * Clover: PHPUnit, Istanbul, Perl's Devel::Cover, gcovr, OpenClover.
 *
 * @module
 */
import { type Coverage, CoverageError, coverageOf } from "./coverage.ts";
import { type Attributes, count, type CoverageFormat, type CoverageReader } from "./format.ts";

/** The format; its root has no `line-rate`, and a `<project>` below it. */
export const clover: CoverageFormat = {
  name: "clover",
  open(root, attributes) {
    const isCobertura = attributes.get("line-rate") !== undefined;
    return root === "coverage" && !isCobertura ? new CloverReader() : undefined;
  },
};

/**
 * The project's own `<metrics>` states the totals; those of packages, files and classes are parts
 * of it, and `<testproject>` measures the tests. It comes first in some tools and last in others.
 */
class CloverReader implements CoverageReader {
  #total: Counts | undefined;

  start(name: string, attributes: Attributes, path: readonly string[]): void {
    if (name !== "metrics" || path.length !== 2 || path[1] !== "project") return;
    const statements = countsOf(attributes, "statements");
    const elements = countsOf(attributes, "elements");
    // gcovr 7 writes statements="0" and counts lines only as elements.
    this.#total ??= statements.valid === 0 && elements.valid > 0 ? elements : statements;
  }

  result(): Coverage {
    if (this.#total) return coverageOf(this.#total.covered, this.#total.valid, clover.name);
    throw new CoverageError(
      "is of no known format: a <coverage> with neither line-rate (Cobertura) " +
        "nor <project><metrics> (Clover)",
    );
  }
}

interface Counts {
  covered: number;
  valid: number;
}

function countsOf(metrics: Attributes, what: "statements" | "elements"): Counts {
  return { covered: count(metrics, `covered${what}`) ?? 0, valid: count(metrics, what) ?? 0 };
}
