/**
 * LCOV tracefiles: lcov, gcovr, llvm-cov, Istanbul, Deno, coverage.py, Flutter and others. Rules after
 * geninfo(1), section FILES, and what those tools write.
 */
import { quote } from "../errors.ts";
import { hitCount, wholeNumber } from "./counts.ts";
import { type Counts, CoverageError, coverageOf, type ParsedCoverage } from "./coverage.ts";
import { decodeName } from "./document_text.ts";
import type { TextFormat, TextReader } from "./format.ts";
import type { LineCollector } from "./line_collector.ts";

export const lcov: TextFormat = {
  kind: "text",
  name: "lcov",
  title: "LCOV",
  matches: (line) => /^(?:TN|SF|KF|VER):/.test(line),
  open: (lines) => new LcovReader(lines),
};

/**
 * `LF` and `LH` of a record are the tool's own numbers: llvm-cov counts more lines than it lists. They
 * count where every source file has one record; with test names it has several, and lines are shared.
 */
class LcovReader implements TextReader {
  readonly #stated: Counts = { covered: 0, valid: 0 };
  /** Whether every record so far states numbers that can be true, of a file of its own. */
  #isStated = true;
  #hasUnlisted = false;

  /** The record that is being read. */
  #isOpen = false;
  #hasLines = false;
  /** Its lines without a hit. */
  #missed = 0;
  #found: number | undefined;
  #hit: number | undefined;

  constructor(private readonly lines: LineCollector) {}

  line(line: string, number: number): void {
    if (line.startsWith("DA:")) return this.#data(line, number);
    if (line.startsWith("SF:")) {
      this.#endRecord();
      this.#isOpen = true;
      if (!this.lines.begin(decodeName(line.slice(3).trim()))) this.#isStated = false;
    } else if (line.startsWith("FN:") && this.#isOpen) {
      // c8 writes this for a file that was not loaded.
      if (!line.endsWith(",(empty-report)")) this.lines.addFunction(line);
    } else if (line.startsWith("LF:")) {
      this.#found = wholeNumber(line.slice(3).trim());
    } else if (line.startsWith("LH:")) {
      this.#hit = wholeNumber(line.slice(3).trim());
    } else if (line.startsWith("end_of_record")) {
      this.#endRecord();
    } else if (line !== "" && !line.startsWith("#") && !/^(?:[A-Z]+:|\s*$)/.test(line)) {
      throw new CoverageError(`is not LCOV: line ${number} is ${quote(line)}`);
    }
  }

  /** `DA:<line>,<hits>[,<checksum>]` */
  #data(text: string, number: number): void {
    if (!this.#isOpen) throw new CoverageError(`is not LCOV: line ${number} is of no file (SF)`);
    const comma = text.indexOf(",", 3);
    const line = wholeNumber(text.slice(3, comma < 0 ? undefined : comma));
    const end = text.indexOf(",", comma + 1);
    if (comma < 0 || line === undefined) {
      throw new CoverageError(`is not LCOV: line ${number} is ${quote(text)}`);
    }
    const hits = hitCount(text.slice(comma + 1, end < 0 ? undefined : end).trim());
    this.lines.add(line, hits);
    this.#hasLines = true;
    if (hits === 0) this.#missed++;
  }

  #endRecord(): void {
    const found = this.#found ?? 0, hit = this.#hit ?? 0;
    if (this.#isOpen) {
      // coverage.py 6 counts excluded lines in LH, but not in LF.
      const isInflated = this.#hasLines && hit + this.#missed > found;
      this.#stated.valid += found;
      this.#stated.covered += isInflated ? found - this.#missed : hit;
      const isAbsent = this.#found === undefined || this.#hit === undefined;
      const isWrong = hit > found && found > 0 || this.#missed > found || found === 0 && hit === 0;
      if (this.#hasLines && (isAbsent || isWrong)) this.#isStated = false;
      if (!this.#hasLines && found > 0) this.#hasUnlisted = true;
    }
    this.#isOpen = this.#hasLines = false;
    this.#missed = 0;
    this.#found = this.#hit = undefined;
  }

  result(): ParsedCoverage {
    this.#endRecord();
    const lines = this.lines.finish();
    const { covered, valid } = this.#stated;
    const isStated = this.#isStated && valid > 0 && covered <= valid;
    return {
      total: coverageOf(isStated || lines.valid === 0 ? this.#stated : lines, lcov.name),
      lines: this.#hasUnlisted ? null : lines.encoded,
      functions: lines.functions,
    };
  }
}
