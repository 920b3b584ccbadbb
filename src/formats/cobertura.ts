/**
 * Cobertura: the original tool, coverage.py, gcovr, Istanbul, PHPUnit, gocover-cobertura and others.
 * Rules after http://cobertura.sourceforge.net/xml/coverage-04.dtd and what those tools write.
 */
import { quote } from "../errors.ts";
import { percentageOf } from "../model/percentage.ts";
import { hitCount, totalCount, wholeNumber } from "./counts.ts";
import {
  type Counts,
  type Coverage,
  CoverageError,
  coverageOf,
  type ParsedCoverage,
} from "./coverage.ts";
import type { Attributes, XmlFormat, XmlReader } from "./format.ts";
import type { CollectedLines, LineCollector } from "./line_collector.ts";

/** Lines of one class's methods, which are held until its end. */
const MAX_METHOD_LINES = 500_000;
/** Folders that `<sources>` may name, and characters of each. */
const MAX_SOURCES = 100;
const MAX_SOURCE = 4096;

/** Attributes of the root, of which tools write some or none. */
const TOTALS = ["line-rate", "branch-rate", "lines-valid"];

export const cobertura: XmlFormat = {
  kind: "xml",
  name: "cobertura",
  title: "Cobertura",
  open({ name, attributes, child }, lines) {
    const isCobertura = name === "coverage" &&
      (TOTALS.some((name) => attributes.get(name) !== undefined) ||
        child === "packages" || child === "sources");
    return isCobertura ? new CoberturaReader(attributes, lines) : undefined;
  },
};

class CoberturaReader implements XmlReader {
  readonly #covered: number | undefined;
  readonly #valid: number | undefined;
  readonly #rate: string | undefined;
  readonly #packages = new Map<string, number>();
  #package = 0;
  /** Classes, and what all of them count: files that classes share, and statements of one line. */
  #classes = 0;
  readonly #byClass: Counts = { covered: 0, valid: 0 };
  /** Hits of the lines of the class's methods: they stand again below the class, except in some tools. */
  readonly #methodLines = new Map<number, number>();
  #hasOwnLines = false;
  readonly #sources: string[] = [];

  constructor(root: Attributes, private readonly lines: LineCollector) {
    this.#covered = totalCount("lines-covered", root.get("lines-covered"));
    this.#valid = totalCount("lines-valid", root.get("lines-valid"));
    this.#rate = root.get("line-rate");
  }

  start(name: string, attributes: Attributes, path: readonly string[]): void {
    switch (name) {
      case "package": {
        const key = attributes.get("name") ?? "";
        this.#package = this.#packages.get(key) ?? this.#packages.size;
        if (this.#packages.size < 100_000) this.#packages.set(key, this.#package);
        return;
      }
      case "class":
        this.#classes++;
        this.lines.begin(
          attributes.get("filename")?.trim() || attributes.get("name") || `class ${this.#classes}`,
          this.#package,
        );
        return;
      case "source":
        if (this.#sources.length < MAX_SOURCES) this.#sources.push("");
        return;
      case "line":
        if (path.at(-1) === "lines") this.#line(attributes, path.at(-2));
    }
  }

  #line(attributes: Attributes, owner: string | undefined): void {
    if (owner !== "class" && owner !== "method") return;
    if (owner === "method" && this.#hasOwnLines) return;
    const number = wholeNumber(attributes.get("number") ?? "");
    if (number === undefined) return;
    const hits = hitCount(attributes.get("hits"));
    if (owner === "class") {
      this.#hasOwnLines = true;
      this.#add(number, hits);
      return;
    }
    this.#methodLines.set(number, Math.max(hits, this.#methodLines.get(number) ?? 0));
    if (this.#methodLines.size > MAX_METHOD_LINES) {
      throw new CoverageError(`has a class whose methods have more than ${MAX_METHOD_LINES} lines`);
    }
  }

  #add(line: number, hits: number): void {
    this.lines.add(line, hits);
    this.#byClass.valid++;
    if (hits > 0) this.#byClass.covered++;
  }

  end(name: string): void {
    if (name !== "class") return;
    if (!this.#hasOwnLines) { for (const [line, hits] of this.#methodLines) this.#add(line, hits); }
    this.#hasOwnLines = false;
    this.#methodLines.clear();
  }

  text(text: string, path: readonly string[]): void {
    if (path.at(-1) !== "source" || path.at(-2) !== "sources") return;
    const last = this.#sources.length - 1;
    if (last >= 0 && this.#sources[last]!.length + text.length <= MAX_SOURCE) {
      this.#sources[last] += text;
    }
  }

  result(): ParsedCoverage {
    const lines = this.lines.finish();
    const roots = this.#sources.map((source) => source.trim()).filter((source) => source !== "");
    return {
      total: this.#total(lines),
      lines: lines.encoded,
      ...(roots.length > 0 ? { sourceRoots: roots } : {}),
    };
  }

  #total(lines: CollectedLines) {
    const covered = this.#covered, valid = this.#valid;
    const totals = covered !== undefined && valid !== undefined ? { covered, valid } : undefined;
    if (totals && (lines.valid === 0 || this.#isCredible(totals))) {
      return coverageOf(totals, cobertura.name);
    }
    if (lines.valid > 0) return coverageOf(this.#counted(lines), cobertura.name);
    if (this.#classes > 0 || this.#rate === undefined) return coverageOf(lines, cobertura.name);
    return coverageOfRate(lineRate(this.#rate));
  }

  /** Totals of the root that differ from the lines are no fault; those that contradict themselves are. */
  #isCredible({ covered, valid }: Counts): boolean {
    if (covered > valid || valid === 0) return false;
    const rate = this.#rate === undefined ? NaN : lineRate(this.#rate);
    if (Number.isNaN(rate)) return true;
    // Some tools write percent.
    return [rate, rate / 100].some((rate) => Math.abs(covered / valid - rate) <= 0.01);
  }

  /** Without totals: of the ways to count, the one that gives the file's own rate. */
  #counted(lines: CollectedLines): Counts {
    const rate = this.#rate;
    if (rate === undefined) return lines;
    return [lines, lines.byGroup, this.#byClass]
      .find((counts) => agrees(counts, rate)) ?? lines;
  }
}

/** Makes the total of a report that holds nothing but a rate from 0 to 1. */
function coverageOfRate(rate: number): Coverage {
  if (Number.isNaN(rate)) return coverageOf({ covered: 0, valid: 0 }, cobertura.name);
  if (!(rate >= 0 && rate <= 1)) {
    throw new CoverageError(`has a line rate of ${rate}; it must be from 0 to 1`);
  }
  // A rate has at most 17 significant digits; ten of them as a fraction keep its rounding exact.
  const scale = 10 ** 10;
  const parts = Math.round(rate * scale);
  const percentage = percentageOf(
    rate > 0 ? Math.max(parts, 1) : 0,
    scale,
    rate < 1,
  );
  return { percentage, linesCovered: null, linesValid: null, format: cobertura.name };
}

/** A rate with a decimal point or comma; NaN where a tool wrote so. Throws for anything else. */
function lineRate(text: string): number {
  const rate = text.trim().replace(",", ".");
  if (!/^(?:NaN|[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)$/i.test(rate)) {
    throw new CoverageError(`has the line-rate ${quote(text)}, which is not a number`);
  }
  return /^nan$/i.test(rate) ? NaN : Number(rate);
}

/** Whether counts make a rate that was written with so many decimals, rounded or cut. */
function agrees({ covered, valid }: Counts, rateText: string): boolean {
  const decimals = /[.,](\d*)/.exec(rateText)?.[1]?.length ?? 0;
  const tolerance = Math.min(Math.max(10 ** -decimals, 1e-4), 0.01);
  return Math.abs(covered / valid - lineRate(rateText)) <= tolerance + 1e-9;
}
