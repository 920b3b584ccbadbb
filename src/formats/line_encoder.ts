/**
 * The stored form of lines: of each, whether it was hit. How often is in the coverage file beside it.
 *
 * The lengths of three columns, and the columns, each deflated: the paths; which lines of a file are
 * known, a bit each, without long gaps; how many known lines in a row were missed, then hit, and so on
 * until 0. Line numbers as differences take a quarter more.
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { ByteReader, ByteWriter } from "./varints.ts";

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
  /** The byte of the bitmap that is being filled, and its number. */
  #bits = 0;
  #byte = 0;
  #run = 0;
  #runCovered = false;

  file(path: string): void {
    const bytes = text.encoder.encode(path);
    this.#paths.varint(bytes.byteLength);
    this.#paths.append(bytes);
  }

  line(line: number, covered: boolean): void {
    const byte = line >>> 3;
    if (byte !== this.#byte) this.#endByte(byte);
    this.#bits |= 1 << (line & 7);
    if (covered !== this.#runCovered) this.#endRun();
    this.#run++;
  }

  endFile(): void {
    this.#endByte(0);
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
    const header = new ByteWriter();
    for (const { byteLength } of columns) header.varint(byteLength);
    const parts = [header.bytes, ...columns];
    const encoded = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
    let at = 0;
    for (const part of parts) {
      encoded.set(part, at);
      at += part.byteLength;
    }
    return encoded;
  }

  #endByte(next: number): void {
    if (this.#bits !== 0) {
      if (this.#byte - this.#spanEnd >= MIN_GAP) {
        this.#endSpan();
        this.#spanStart = this.#byte;
      } else {
        for (let at = this.#spanEnd; at < this.#byte; at++) this.#span.byte(0);
      }
      this.#span.byte(this.#bits);
      this.#spanEnd = this.#byte + 1;
    }
    this.#bits = 0;
    this.#byte = next;
  }

  /** Writes a span as the gap before it, its length and its bytes. */
  #endSpan(): void {
    if (this.#span.length === 0) return;
    this.#bitmap.varint(this.#spanStart - this.#lastSpanEnd);
    this.#bitmap.varint(this.#span.length);
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
