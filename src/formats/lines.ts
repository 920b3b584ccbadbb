/**
 * The lines of source files: their stored form, and what is read from it. Of each line it holds whether
 * it was hit; how often is in the coverage file beside it.
 *
 * The stored form is the lengths of three columns, and the columns, each deflated: the paths; which
 * lines of a file are known, a bit each, without long gaps; how many known lines in a row were missed,
 * then hit, and so on until 0. Line numbers as differences take a quarter more. Numbers are LEB128.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { Counts } from "./coverage.ts";

/** The lines of a source file that can be hit. */
export interface FileLines {
  readonly path: string;
  /** Line numbers, ascending. */
  readonly lines: Uint32Array;
  /** 1 for each of `lines` that was hit, else 0. */
  readonly covered: Uint8Array;
}

/** Empty bytes of the bitmap that are worth a new span: a span costs two numbers. */
const MIN_GAP = 3;
/** Far more than a document may have; against bytes that are not ours. */
const MAX_INFLATED_BYTES = 1024 * 1024 * 1024;
const text = { encoder: new TextEncoder(), decoder: new TextDecoder() };

/** Takes files one after the other, and the lines of each in ascending order. */
export class LineEncoder {
  readonly #paths = new ByteWriter();
  readonly #bitmap = new ByteWriter();
  readonly #runs = new ByteWriter();
  /** The span of bitmap bytes that is being gathered, and where it and the one before it end. */
  readonly #span = new ByteWriter();
  #spanStart = 0;
  #spanEnd = 0;
  #lastSpanEnd = 0;
  #run = 0;
  #runCovered = false;

  file(path: string): void {
    const bytes = text.encoder.encode(path);
    this.#paths.varint(bytes.byteLength);
    this.#paths.append(bytes);
  }

  /** The eight lines from `byte * 8`, the first in the lowest bit: those that can be hit, and were. */
  lines(byte: number, known: number, covered: number): void {
    if (byte - this.#spanEnd >= MIN_GAP) {
      this.#endSpan();
      this.#spanStart = this.#spanEnd = byte;
    }
    for (; this.#spanEnd < byte; this.#spanEnd++) this.#span.byte(0);
    this.#span.byte(known);
    this.#spanEnd++;
    for (let bits = known; bits !== 0; bits &= bits - 1) {
      const isCovered = (bits & -bits & covered) !== 0;
      if (isCovered !== this.#runCovered) this.#endRun();
      this.#run++;
    }
  }

  endFile(): void {
    this.#endSpan();
    this.#bitmap.varint(0);
    this.#bitmap.varint(0);
    this.#spanStart = this.#spanEnd = this.#lastSpanEnd = 0;
    this.#endRun();
    this.#runs.varint(0);
    this.#runCovered = false;
  }

  finish(): Uint8Array<ArrayBuffer> {
    const columns = [this.#paths, this.#bitmap, this.#runs]
      .map((column) => deflateRawSync(column.bytes));
    const encoded = new ByteWriter();
    for (const { byteLength } of columns) encoded.varint(byteLength);
    for (const column of columns) encoded.append(column);
    return encoded.bytes.slice();
  }

  /** Writes a span as the gap before it, its length and its bytes. */
  #endSpan(): void {
    if (this.#span.bytes.length === 0) return;
    this.#bitmap.varint(this.#spanStart - this.#lastSpanEnd);
    this.#bitmap.varint(this.#span.bytes.length);
    this.#bitmap.append(this.#span.bytes);
    this.#lastSpanEnd = this.#spanEnd;
    this.#span.clear();
  }

  /** Only the first run of a file, of missed lines, may be empty. */
  #endRun(): void {
    this.#runs.varint(this.#run);
    this.#run = 0;
    this.#runCovered = !this.#runCovered;
  }
}

/**
 * Every file of what {@linkcode LineEncoder} made; the next one overwrites its arrays. Throws where
 * the bytes are not its own.
 */
export function* decodeFiles(encoded: Uint8Array): Generator<FileLines> {
  const all = new ByteReader(encoded);
  const [paths, bitmap, runs] = [all.varint(), all.varint(), all.varint()].map((length) =>
    new ByteReader(inflateRawSync(all.read(length), { maxOutputLength: MAX_INFLATED_BYTES }))
  ) as [ByteReader, ByteReader, ByteReader];
  let lines = new Uint32Array(4096), covered = new Uint8Array(4096);
  while (!paths.done) {
    const path = text.decoder.decode(paths.read(paths.varint()));
    const lengths = [runs.varint()];
    for (let run = runs.varint(); run > 0; run = runs.varint()) lengths.push(run);
    const count = lengths.reduce((sum, length) => sum + length);
    if (count > lines.length) {
      lines = new Uint32Array(count * 2);
      covered = new Uint8Array(count * 2);
    }
    let byte = 0, at = 0;
    while (true) {
      const gap = bitmap.varint(), length = bitmap.varint();
      if (length === 0) break;
      byte += gap;
      for (let bits of bitmap.read(length)) {
        for (; bits !== 0; bits &= bits - 1) lines[at++] = byte * 8 + 31 - Math.clz32(bits & -bits);
        byte++;
      }
    }
    at = 0;
    for (const [run, length] of lengths.entries()) covered.fill(run % 2, at, at += length);
    yield { path, lines: lines.subarray(0, count), covered: covered.subarray(0, count) };
  }
}

/** All files of what {@linkcode LineEncoder} made, in the order they were added. */
export function decodeLines(encoded: Uint8Array): FileLines[] {
  return Array.from(decodeFiles(encoded), ({ path, lines, covered }) => ({
    path,
    lines: lines.slice(),
    covered: covered.slice(),
  }));
}

/** The lines of these files that were hit, and all of them. */
export function totalsOf(files: Iterable<FileLines>): Counts {
  const total = { covered: 0, valid: 0 };
  for (const { covered } of files) {
    total.valid += covered.length;
    for (const value of covered) total.covered += value;
  }
  return total;
}

/**
 * The lines of a file that were not hit, as `12-18,40`. Lines that cannot be hit, such as blank
 * ones, do not end a range.
 */
export function uncoveredRanges({ lines, covered }: FileLines): string {
  const ranges: string[] = [];
  for (let at = 0; at < lines.length;) {
    if (covered[at]) {
      at++;
      continue;
    }
    const first = lines[at]!;
    while (at < lines.length && covered[at] === 0) at++;
    const last = lines[at - 1]!;
    ranges.push(first === last ? `${first}` : `${first}-${last}`);
  }
  return ranges.join(",");
}

/** Bytes that grow as they are written. */
class ByteWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  /** The bytes so far; a view that the next write may overwrite. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  /** An unsigned number of up to 32 bits. */
  varint(value: number): void {
    this.#reserve(5);
    while (value > 127) {
      this.#bytes[this.#length++] = (value & 127) | 128;
      value = value >>> 7;
    }
    this.#bytes[this.#length++] = value;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.byteLength);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.byteLength;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.byteLength) return;
    const length = Math.max(this.#bytes.byteLength * 3 >>> 1, this.#length + count);
    this.#bytes = new Uint8Array(this.#bytes.buffer.transfer(length));
  }
}

/** Reads what {@linkcode ByteWriter} wrote; throws a `RangeError` past the end. */
class ByteReader {
  #at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  get done(): boolean {
    return this.#at >= this.bytes.byteLength;
  }

  varint(): number {
    let value = 0, shift = 0;
    while (true) {
      const byte = this.bytes[this.#at++];
      if (byte === undefined) throw new RangeError("The bytes end early");
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
      shift += 7;
    }
  }

  read(count: number): Uint8Array {
    if (this.#at + count > this.bytes.byteLength) throw new RangeError("The bytes end early");
    return this.bytes.subarray(this.#at, this.#at += count);
  }
}
