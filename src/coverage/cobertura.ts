/**
 * Cobertura: the original tool, coverage.py, gcovr, Istanbul, PHPUnit, gocover-cobertura and others.
 * Rules after http://cobertura.sourceforge.net/xml/coverage-04.dtd and what those tools write.
 *
 * @module
 */
import { type Coverage, CoverageError, coverageOf, coverageOfRate } from "./coverage.ts";
import { type Attributes, count, type CoverageFormat, type CoverageReader } from "./format.ts";

/** Distinct lines that are counted one by one; a report of more states its totals at the root. */
const MAX_LINES = 5_000_000;

/** The format; its root carries `line-rate`, which tells it from Clover. */
export const cobertura: CoverageFormat = {
  name: "cobertura",
  open(root, attributes) {
    const rate = attributes.get("line-rate");
    if (root !== "coverage" || rate === undefined) return undefined;
    const covered = count(attributes, "lines-covered");
    const valid = count(attributes, "lines-valid");
    if (covered !== undefined && valid !== undefined) return new TotalsReader(covered, valid);
    return new LinesReader(rate);
  },
};

/** The root states the totals: nothing below it is needed. */
class TotalsReader implements CoverageReader {
  constructor(private readonly covered: number, private readonly valid: number) {}
  start(): void {}
  result(): Coverage {
    return coverageOf(this.covered, this.valid, cobertura.name);
  }
}

/**
 * Writers older than the `lines-*` attributes: counts each (file, line) once, hit if any class of
 * the file hit it. Lines under `<methods>` stand again under the class, so those are left out. A
 * summary without any lines has only its rate.
 */
class LinesReader implements CoverageReader {
  readonly #files = new Map<string, Map<number, boolean>>();
  #lines = new Map<number, boolean>();
  #valid = 0;
  #covered = 0;

  constructor(private readonly rate: string) {}

  start(name: string, attributes: Attributes, path: readonly string[]): void {
    if (name === "class") {
      const file = attributes.get("filename") ?? "";
      let lines = this.#files.get(file);
      if (!lines) this.#files.set(file, lines = new Map());
      this.#lines = lines;
      return;
    }
    if (name !== "line" || path.at(-1) !== "lines" || path.at(-2) !== "class") return;
    const number = count(attributes, "number");
    if (number === undefined) return;
    const hit = Number(attributes.get("hits")) > 0;
    const before = this.#lines.get(number);
    if (before === undefined && ++this.#valid > MAX_LINES) {
      throw new CoverageError(
        `has more than ${MAX_LINES} lines and no lines-valid and lines-covered at its root`,
      );
    }
    if (hit && !before) this.#covered++;
    if (before !== true) this.#lines.set(number, hit);
  }

  result(): Coverage {
    if (this.#valid > 0) return coverageOf(this.#covered, this.#valid, cobertura.name);
    return coverageOfRate(this.rate.trim() === "" ? NaN : Number(this.rate), cobertura.name);
  }
}
