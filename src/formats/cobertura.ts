/**
 * Cobertura: the original tool, coverage.py, gcovr, Istanbul, PHPUnit, gocover-cobertura and others.
 * Rules after http://cobertura.sourceforge.net/xml/coverage-04.dtd and what those tools write.
 *
 * @module
 */
import { quote } from "../errors.ts";
import { type Coverage, CoverageError, coverageOf, coverageOfRate } from "./coverage.ts";
import { type Attributes, count, type CoverageFormat, type CoverageReader } from "./format.ts";

/** Distinct lines that are counted one by one; a report of more states its totals at the root. */
const MAX_LINES = 5_000_000;
/** Distinct files, and characters of their names, that are held for it. */
const MAX_FILES = 500_000;
const MAX_NAMES = 100_000_000;

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
  #file = "";
  #names = 0;
  #valid = 0;
  #covered = 0;

  constructor(private readonly rate: string) {}

  start(name: string, attributes: Attributes, path: readonly string[]): void {
    if (name === "class") {
      this.#file = attributes.get("filename") ?? attributes.get("name") ?? "";
      return;
    }
    if (name !== "line" || path.at(-1) !== "lines" || path.at(-2) !== "class") return;
    const number = count(attributes, "number");
    if (number === undefined) return;
    const hit = Number(attributes.get("hits")) > 0;
    const lines = this.#linesOfFile();
    const before = lines.get(number);
    if (before === undefined && ++this.#valid > MAX_LINES) {
      throw new CoverageError(
        `has more than ${MAX_LINES} lines and no lines-valid and lines-covered at its root`,
      );
    }
    if (hit && !before) this.#covered++;
    if (before !== true) lines.set(number, hit);
  }

  result(): Coverage {
    if (this.#valid > 0) return coverageOf(this.#covered, this.#valid, cobertura.name);
    const rate = this.rate.trim();
    if (rate !== "NaN" && !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(rate)) {
      throw new CoverageError(`has the line-rate ${quote(rate)}, which is no number`);
    }
    return coverageOfRate(Number(rate), cobertura.name);
  }

  #linesOfFile(): Map<number, boolean> {
    let lines = this.#files.get(this.#file);
    if (!lines) {
      this.#names += this.#file.length;
      if (this.#files.size >= MAX_FILES || this.#names > MAX_NAMES) {
        throw new CoverageError(
          `has more than ${MAX_FILES} files, or ${MAX_NAMES} characters of their names, and no ` +
            "lines-valid and lines-covered at its root",
        );
      }
      this.#files.set(this.#file, lines = new Map());
    }
    return lines;
  }
}
