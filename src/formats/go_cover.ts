/**
 * Go's cover profile: `go test -coverprofile`. Rules after golang.org/x/tools/cover and cmd/cover.
 */
import { quote } from "../errors.ts";
import { hitCount } from "./counts.ts";
import { CoverageError, coverageOf, type ParsedCoverage } from "./coverage.ts";
import { decodeName } from "./document_text.ts";
import type { TextFormat, TextReader } from "./format.ts";
import type { LineCollector } from "./line_collector.ts";

/** A profile counts statements, and its number is what `go tool cover -func` prints. */
export const GO_STATEMENTS = "go-statements";
const MODE = /^mode: (?:set|count|atomic)\s*$/;
const BLOCK = /^(.+):(\d+)\.(\d+),(\d+)\.(\d+) (\d+) (\d+)\s*$/;
/** Bytes that an entry of a Map takes with two numbers. */
const BLOCK_COST = 56;
/** Lines that a block may go over. */
const MAX_SPAN = 100_000;
const MAX_STATEMENTS = 2 ** 20;

export const go: TextFormat = {
  kind: "text",
  name: "go",
  title: "Go cover profile",
  matches: (line) => MODE.test(line),
  open: (lines) => new GoReader(lines),
};

/** The blocks of a file by their place; each is there once for every package that was tested. */
type Blocks = Map<number | string, Block>;
interface Block {
  readonly first: number;
  readonly last: number;
  readonly statements: number;
  hits: number;
}

class GoReader implements TextReader {
  readonly #files = new Map<string, Blocks>();
  #name = "";
  #blocks: Blocks = new Map();

  constructor(private readonly lines: LineCollector) {}

  line(line: string, number: number): void {
    const block = BLOCK.exec(line);
    if (block) return this.#add(block);
    // Profiles are often concatenated.
    if (line.trim() !== "" && !MODE.test(line)) {
      throw new CoverageError(`is not a Go cover profile: line ${number} is ${quote(line)}`);
    }
  }

  #add(match: RegExpExecArray): void {
    const name = match[1]!;
    const [first, firstColumn, last, lastColumn, statements] = match.slice(2, 7).map(Number) as [
      ...[number, number, number, number, number],
    ];
    if (last - first > MAX_SPAN || statements > MAX_STATEMENTS) {
      throw new CoverageError(
        `has a block of ${last - first + 1} lines and ${statements} statements; ` +
          `at most ${MAX_SPAN} and ${MAX_STATEMENTS} are allowed`,
      );
    }
    if (name !== this.#name) this.#open(name);
    // Exact in a double where the numbers are those of a source file.
    const isSmall = first < 2 ** 18 && firstColumn < 2 ** 11 && lastColumn < 2 ** 11 &&
      last >= first && last - first < 2 ** 12;
    const place = isSmall
      ? ((first * 2 ** 11 + firstColumn) * 2 ** 12 + last - first) * 2 ** 11 + lastColumn
      : `${first}.${firstColumn},${last}.${lastColumn}`;
    const hits = hitCount(match[7]);
    const block = this.#blocks.get(place);
    if (block) {
      block.hits = Math.max(block.hits, hits);
    } else {
      this.lines.memory.hold(BLOCK_COST + 48);
      this.#blocks.set(place, { first, last, statements, hits });
    }
  }

  #open(name: string): void {
    this.#name = name;
    let blocks = this.#files.get(name);
    if (!blocks) {
      this.lines.memory.hold(400 + name.length * 2);
      this.#files.set(name, blocks = new Map());
    }
    this.#blocks = blocks;
  }

  result(): ParsedCoverage {
    const total = { covered: 0, valid: 0 };
    for (const [name, blocks] of this.#files) {
      this.lines.begin(decodeName(name));
      for (const { first, last, statements, hits } of blocks.values()) {
        total.valid += statements;
        if (hits > 0) total.covered += statements;
        // A block without statements is an empty body: no line of it can be hit or missed.
        if (statements === 0) continue;
        for (let line = first; line <= last; line++) this.lines.add(line, hits);
      }
    }
    return { total: coverageOf(total, GO_STATEMENTS), lines: this.lines.finish().encoded };
  }
}
