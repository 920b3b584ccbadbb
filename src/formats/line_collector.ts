/**
 * Gathers the lines of a document while it is read, in any order, in memory that is counted. A thread
 * that runs out of heap ends the whole process, so readers count what else they hold here as well.
 */
import { type Counts, CoverageError } from "./coverage.ts";
import { LineEncoder } from "./lines.ts";

const MiB = 1024 * 1024;
/** Held for one document: more than 100,000 files of some hundred lines each. */
const MAX_BYTES = 64 * MiB;
/** A document that holds more is large. */
const LARGE_BYTES = 8 * MiB;

/** The highest number of a line, as signed 32-bit integers have it. */
const MAX_LINE = 2 ** 31 - 1;
/** Lines that are added, the same ones too: bounds the time. */
const MAX_ADDED = 100_000_000;

/** Lines of a page: a bit says whether a line is known, another one whether it was hit. */
const PAGE_LINES = 256;
/** Bytes of a page's bits for the known lines; those for the hit ones follow. */
const HALF = PAGE_LINES / 8;
const PAGE_BYTES = 2 * HALF;
/** With its number and the place of the next one. */
const PAGE_COST = PAGE_BYTES + 24;
const CHUNK_PAGES = MiB / PAGE_BYTES;
/** Pages that are passed over on the way to others: bounds the time. */
const MAX_PASSED = 100_000_000;

/** How many bits are set in a byte. */
const BITS = Uint8Array.from(
  { length: 256 },
  (_, byte) => byte.toString(2).replaceAll("0", "").length,
);
const NONE = -1;
const text = { encoder: new TextEncoder(), decoder: new TextDecoder() };

/** Bytes of an entry of a Map with its string, beside the string's characters. */
const FILE_COST = 96;
/** Functions of a file whose hashes are gathered, and bytes of these. */
const MAX_FUNCTIONS = 8;
const FUNCTIONS_COST = 160;

/** What one document holds; dispose it when the document was read. */
export class DocumentMemory implements Disposable {
  /** Large documents are read one at a time: they share a thread, so that each gains by it. */
  static #lastTurn: Promise<void> = Promise.resolve();
  #held = 0;
  #endTurn: (() => void) | undefined;

  /** Counts bytes; throws a `CoverageError` above the bound. */
  hold(bytes: number): void {
    this.#held += bytes;
    if (this.#held > MAX_BYTES) {
      throw new CoverageError(
        `has too many files and lines: reading it takes more than ${MAX_BYTES} bytes of memory`,
      );
    }
  }

  /** Waits until a document as large as this one may go on. */
  async admitted(): Promise<void> {
    if (this.#held <= LARGE_BYTES || this.#endTurn) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = DocumentMemory.#lastTurn;
    DocumentMemory.#lastTurn = promise;
    this.#endTurn = resolve;
    await before;
  }

  [Symbol.dispose](): void {
    this.#endTurn?.();
  }
}

/** What was gathered: each line of a file once, hit if it was ever hit. */
export interface CollectedLines extends Counts {
  /** As `decodeLines` reads them; null where there are none. */
  readonly encoded: Uint8Array<ArrayBuffer> | null;
  /** The sum where the same file in another group is another file. */
  readonly byGroup: Counts;
  /** Hashes of the first functions of each file that has some. */
  readonly functions: ReadonlyMap<string, readonly number[]>;
}

export class LineCollector {
  /** The number of each file. */
  readonly #files = new Map<string, number>();
  /** By file the place of its first page. */
  readonly #first: number[] = [];
  /** By place the number of a page in its file, and the place of the page with the next number. */
  #numbers = new Int32Array(1024);
  #next = new Int32Array(1024);
  #pageCount = 0;
  /** The bits of all pages. */
  readonly #chunks: Uint8Array<ArrayBuffer>[] = [];
  /** By file and group the number that the file has there; in its first group it is the same. */
  readonly #inGroups = new Map<string, number>();
  readonly #functions = new Map<number, number[]>();
  #added = 0;
  #passed = 0;

  /** What is being filled: a file, the place and the number of its page, and the page's bits. */
  #file = NONE;
  #place = NONE;
  #page = NONE;
  #bits = new Uint8Array();

  constructor(readonly memory = new DocumentMemory()) {}

  /**
   * The lines that follow are of this file; tells whether it is a new one. Files of one path in
   * different groups, such as packages, are counted apart as well.
   */
  begin(path: string, group?: number): boolean {
    const name = normalized(path);
    const known = this.#files.get(name);
    const file = known ?? this.#newFile();
    if (known === undefined) {
      const bytes = text.encoder.encode(name);
      this.memory.hold(bytes.byteLength);
      // As a part of a longer string it would keep all of that.
      this.#files.set(text.decoder.decode(bytes), file);
    }
    this.#file = file;
    this.#place = this.#page = NONE;
    if (group !== undefined) {
      const key = `${file} ${group}`;
      let number = this.#inGroups.get(key);
      if (number === undefined) {
        number = known === undefined ? file : this.#newFile();
        this.memory.hold(FILE_COST);
        this.#inGroups.set(key, number);
      }
      this.#file = number;
    }
    return known === undefined;
  }

  #newFile(): number {
    this.memory.hold(FILE_COST);
    return this.#first.push(NONE) - 1;
  }

  /** Adds a line of the file that was begun last. Throws a `CoverageError` for an impossible one. */
  add(line: number, hits: number): void {
    if (!(line >= 0 && line <= MAX_LINE)) {
      throw new CoverageError(`has the line number ${line}; at most ${MAX_LINE} is allowed`);
    }
    if (++this.#added > MAX_ADDED) throw new CoverageError(`has more than ${MAX_ADDED} lines`);
    const page = Math.floor(line / PAGE_LINES);
    if (page !== this.#page) this.#turnTo(page);
    const byte = line % PAGE_LINES >> 3, bit = 1 << (line & 7);
    this.#bits[byte]! |= bit;
    if (hits > 0) this.#bits[byte + HALF]! |= bit;
  }

  /** Goes on to the page of this number, which is made where it is absent. */
  #turnTo(page: number): void {
    if (this.#file === NONE) throw new CoverageError("has lines that belong to no file");
    let before = page > this.#page ? this.#place : NONE;
    let place = before === NONE ? this.#first[this.#file]! : this.#next[before]!;
    while (place !== NONE && this.#numbers[place]! < page) {
      if (++this.#passed > MAX_PASSED) {
        throw new CoverageError("has a large file whose lines are in no order");
      }
      before = place;
      place = this.#next[place]!;
    }
    if (place === NONE || this.#numbers[place]! > page) {
      this.memory.hold(PAGE_COST);
      const made = this.#pageCount++;
      if (made === this.#numbers.length) {
        this.#numbers = grown(this.#numbers);
        this.#next = grown(this.#next);
      }
      this.#numbers[made] = page;
      this.#next[made] = place;
      if (made % CHUNK_PAGES === 0) this.#chunks.push(new Uint8Array(CHUNK_PAGES * PAGE_BYTES));
      if (before === NONE) this.#first[this.#file] = made;
      else this.#next[before] = made;
      place = made;
    }
    this.#place = place;
    this.#page = page;
    this.#bits = this.#bitsOf(place);
  }

  #bitsOf(place: number): Uint8Array<ArrayBuffer> {
    const start = place % CHUNK_PAGES * PAGE_BYTES;
    return this.#chunks[Math.floor(place / CHUNK_PAGES)]!.subarray(start, start + PAGE_BYTES);
  }

  /** The pages of a file: their number and their bits. */
  *#pagesOf(file: number): Generator<readonly [page: number, bits: Uint8Array<ArrayBuffer>]> {
    for (let place = this.#first[file]!; place !== NONE; place = this.#next[place]!) {
      yield [this.#numbers[place]!, this.#bitsOf(place)];
    }
  }

  /** A function of the file that was begun last, with its line. */
  addFunction(text: string): void {
    let hashes = this.#functions.get(this.#file);
    if (!hashes) {
      this.memory.hold(FUNCTIONS_COST);
      this.#functions.set(this.#file, hashes = []);
    }
    if (hashes.length === MAX_FUNCTIONS) return;
    let hash = 0;
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash, 31) + text.charCodeAt(at) | 0;
    if (!hashes.includes(hash)) hashes.push(hash);
  }

  /** Takes out what was not hit of the lines in `other`, where the same files were begun in the same order. */
  subtract(other: LineCollector): void {
    for (const file of this.#first.keys()) {
      const own = new Map(this.#pagesOf(file));
      for (const [page, others] of other.#pagesOf(file)) {
        const bits = own.get(page);
        if (!bits) continue;
        for (let byte = 0; byte < HALF; byte++) bits[byte]! &= bits[byte + HALF]! | ~others[byte]!;
      }
    }
  }

  /** Unites the lines of each file. */
  finish(): CollectedLines {
    const byGroup = this.#uniteGroups();
    const encoder = new LineEncoder();
    const total = { covered: 0, valid: 0 };
    const functions = new Map<string, number[]>();
    for (const [path, file] of this.#files) {
      const hashes = this.#functions.get(file);
      if (hashes) functions.set(path, hashes);
      encoder.file(path);
      for (const [page, bits] of this.#pagesOf(file)) {
        count(total, bits);
        for (let byte = 0; byte < HALF; byte++) {
          if (bits[byte]! > 0) encoder.lines(page * HALF + byte, bits[byte]!, bits[byte + HALF]!);
        }
      }
      encoder.endFile();
    }
    const encoded = total.valid > 0 ? encoder.finish() : null;
    return { ...total, byGroup: byGroup ?? total, encoded, functions };
  }

  /** Adds the lines of files in further groups to those in the first one; returns the sum of all before. */
  #uniteGroups(): Counts | undefined {
    if (this.#inGroups.size === 0) return undefined;
    const total = { covered: 0, valid: 0 };
    for (const number of this.#inGroups.values()) {
      for (const [, bits] of this.#pagesOf(number)) count(total, bits);
    }
    for (const [key, number] of this.#inGroups) {
      const file = parseInt(key);
      if (number === file) continue;
      this.#file = file;
      this.#place = this.#page = NONE;
      for (const [page, bits] of this.#pagesOf(number)) {
        this.#turnTo(page);
        for (let byte = 0; byte < PAGE_BYTES; byte++) this.#bits[byte]! |= bits[byte]!;
      }
    }
    return total;
  }
}

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  return new Int32Array(array.buffer.transfer(array.byteLength * 2));
}

function count(total: Counts, bits: Uint8Array): void {
  for (let byte = 0; byte < HALF; byte++) {
    total.valid += BITS[bits[byte]!]!;
    total.covered += BITS[bits[byte + HALF]!]!;
  }
}

/** One way to write a path, so that a file is found again: `/` between folders, no `./` before. */
function normalized(path: string): string {
  const isWindows = /^[A-Za-z]:\\/.test(path) || (path.includes("\\") && !path.includes("/"));
  return (isWindows ? path.replaceAll("\\", "/") : path).replace(/^(?:\.\/+)+(?=.)/, "");
}
