/**
 * Gathers the lines of a document while it is read: in any order, of files in any order, in memory
 * that is counted.
 */
import { CoverageError } from "./coverage.ts";
import { LineBatch } from "./line_batch.ts";
import { LineEncoder } from "./line_encoder.ts";
import { DocumentMemory } from "./memory.ts";
import { eachLine, NONE, SEGMENT_LINES, Segments } from "./segments.ts";

/** The highest number of a line, as signed 32-bit integers have it. */
const MAX_LINE = 2 ** 31 - 1;
/** Lines that are added, the same ones too: bounds the time. */
const MAX_ADDED = 100_000_000;
/** Bytes of an entry of a Map with its string, beside the string's characters. */
const FILE_COST = 96;

/** Functions of a file whose hashes are gathered, and bytes of these. */
const MAX_FUNCTIONS = 8;
const FUNCTIONS_COST = 160;

/** Lines that were hit, and lines that could be. */
export interface Counts {
  covered: number;
  valid: number;
}

/** What was gathered: each line of a file once, hit if it was ever hit. */
export interface CollectedLines extends Counts {
  /** As `LineEncoder` stores them. */
  readonly encoded: Uint8Array<ArrayBuffer>;
  /** The sum where the same file in another group is another file. */
  readonly byGroup: Counts;
  /** Hashes of the first functions of each file that has some. */
  readonly functions: ReadonlyMap<string, readonly number[]>;
}

export class LineCollector {
  readonly #memory: DocumentMemory;
  /** The number of each file, which is its place in `#segments`. */
  readonly #files = new Map<string, number>();
  /** The last piece of each file's lines. */
  readonly #last: number[] = [];
  readonly #functions = new Map<number, number[]>();
  #segments = new Segments();
  #heldForSegments = 0;
  /** What was held after lines that are there twice were united the last time. */
  #heldWhenUnited = 0;
  #added = 0;
  #hasGroups = false;

  #file = NONE;
  #group = 0;
  #counts: Counts = { covered: 0, valid: 0 };
  readonly #batch = new LineBatch();

  constructor(memory = new DocumentMemory()) {
    this.#memory = memory;
  }

  /**
   * The lines that follow are of this file; tells whether it is a new one. Files of one path in
   * different groups, such as packages, are counted apart as well.
   */
  begin(path: string, group = 0): boolean {
    this.end();
    const name = normalized(path);
    const known = this.#files.get(name);
    if (known === undefined) {
      this.#hold(FILE_COST + name.length * 2);
      this.#files.set(copied(name), this.#files.size);
      this.#last.push(NONE);
    }
    this.#file = known ?? this.#files.size - 1;
    this.#group = group;
    this.#counts = { covered: 0, valid: 0 };
    return known === undefined;
  }

  /** Adds a line of the file that was begun last. Throws a `CoverageError` for an impossible one. */
  add(line: number, hits: number): void {
    this.addRank(line, hits > 0 ? 1 : 0);
  }

  /** As `add`, with a rank from 0 to 3; of the same line the highest counts. */
  addRank(line: number, rank: number): void {
    if (!(line >= 0 && line <= MAX_LINE)) {
      throw new CoverageError(`has the line number ${line}; at most ${MAX_LINE} is allowed`);
    }
    this.#batch.add(line, rank);
    if (this.#batch.length === SEGMENT_LINES) this.#store();
  }

  /** A function of the file that was begun last, with its line. */
  addFunction(text: string): void {
    let hashes = this.#functions.get(this.#file);
    if (!hashes) {
      this.#hold(FUNCTIONS_COST);
      this.#functions.set(this.#file, hashes = []);
    }
    if (hashes.length === MAX_FUNCTIONS) return;
    let hash = 0;
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash, 31) + text.charCodeAt(at) | 0;
    if (!hashes.includes(hash)) hashes.push(hash);
  }

  /** The lines since `begin`, each counted once. */
  end(): Counts {
    if (this.#batch.length > 0) this.#store();
    return this.#counts;
  }

  /** Unites the lines, without those of the rank `leaveOut`. */
  finish(leaveOut = NONE): CollectedLines {
    this.end();
    const encoder = new LineEncoder();
    const total = { covered: 0, valid: 0 };
    const functions = new Map<string, number[]>();
    for (const [path, file] of this.#files) {
      const hashes = this.#functions.get(file);
      if (hashes) functions.set(path, hashes);
      encoder.file(path);
      eachLine(this.#segments.list(this.#last[file]!), (line, rank) => {
        if (rank === leaveOut) return;
        count(total, rank);
        encoder.line(line, rank > 0);
      });
      encoder.endFile();
    }
    return {
      ...total,
      byGroup: this.#hasGroups ? this.#countByGroup() : total,
      encoded: encoder.finish(),
      functions,
    };
  }

  #countByGroup(): Counts {
    const total = { covered: 0, valid: 0 };
    for (const last of this.#last) {
      for (const segments of this.#segments.byGroup(last).values()) {
        eachLine(segments, (_, rank) => count(total, rank));
      }
    }
    return total;
  }

  #store(): void {
    if (this.#file === NONE) throw new CoverageError("has lines that belong to no file");
    const batch = this.#batch;
    this.#added += batch.length;
    if (this.#added > MAX_ADDED) throw new CoverageError(`has more than ${MAX_ADDED} lines`);
    batch.unite();
    this.#counts.valid += batch.length;
    this.#counts.covered += batch.covered();
    const previous = this.#last[this.#file]!;
    this.#hasGroups ||= previous !== NONE && this.#segments.groupOf(previous) !== this.#group;
    this.#last[this.#file] = this.#segments.store(batch, this.#group, previous);
    batch.clear();
    this.#hold(0);
  }

  /** Counts bytes and the lines stored since; where they do not fit, united lines make room. */
  #hold(bytes: number): void {
    const more = this.#segments.bytes - this.#heldForSegments;
    if (!this.#memory.fits(bytes + more) && this.#segments.bytes > 2 * this.#heldWhenUnited) {
      this.#unite();
      return this.#hold(bytes);
    }
    this.#memory.hold(bytes + more);
    this.#heldForSegments += more;
  }

  /** Stores the lines of each file and group anew, each once. */
  #unite(): void {
    const before = this.#segments;
    const after = new Segments();
    const batch = new LineBatch();
    for (const [file, last] of this.#last.entries()) {
      let place = NONE;
      for (const [group, segments] of before.byGroup(last)) {
        const store = () => {
          place = after.store(batch, group, place);
          batch.clear();
        };
        eachLine(segments, (line, rank) => {
          batch.add(line, rank);
          if (batch.length === SEGMENT_LINES) store();
        });
        if (batch.length > 0) store();
      }
      this.#last[file] = place;
    }
    this.#segments = after;
    this.#memory.release(this.#heldForSegments);
    this.#heldForSegments = 0;
    this.#heldWhenUnited = after.bytes;
  }
}

function count(total: Counts, rank: number): void {
  total.valid++;
  if (rank > 0) total.covered++;
}

/** One way to write a path, so that a file is found again: `/` between folders, no `./` before. */
function normalized(path: string): string {
  const isWindows = /^[A-Za-z]:\\/.test(path) || (path.includes("\\") && !path.includes("/"));
  return (isWindows ? path.replaceAll("\\", "/") : path).replace(/^(?:\.\/+)+(?=.)/, "");
}

/** The same text; as a part of a longer string it would keep all of that. */
function copied(text: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(text));
}
