/**
 * Lines with their hits as two columns, and packed as bytes.
 *
 * @module
 */
import { ByteReader, ByteWriter } from "./varints.ts";

export class LineBatch {
  length = 0;
  #lines = new Uint32Array(64);
  #hits = new Uint32Array(64);
  #isAscending = true;

  add(line: number, hits: number): void {
    const at = this.length;
    if (at === this.#lines.length) {
      this.#lines = larger(this.#lines);
      this.#hits = larger(this.#hits);
    }
    if (at > 0 && line <= this.#lines[at - 1]!) this.#isAscending = false;
    this.#lines[at] = line;
    this.#hits[at] = hits;
    this.length++;
  }

  clear(): void {
    this.length = 0;
    this.#isAscending = true;
  }

  covered(): number {
    let covered = 0;
    for (let at = 0; at < this.length; at++) if (this.#hits[at]! > 0) covered++;
    return covered;
  }

  each(use: (line: number, hits: number) => void): void {
    for (let at = 0; at < this.length; at++) use(this.#lines[at]!, this.#hits[at]!);
  }

  /** Sorts by line, and keeps the highest hits of a line that is there more than once. */
  unite(): void {
    if (this.#isAscending) return;
    // Line and place in one double: a typed array sorts numbers much faster than a callback does.
    const scale = 2 ** Math.ceil(Math.log2(this.length + 1));
    const order = new Float64Array(this.length);
    for (let at = 0; at < this.length; at++) order[at] = this.#lines[at]! * scale + at;
    order.sort();
    const hits = this.#hits.slice(0, this.length);
    this.clear();
    for (const key of order) {
      const line = Math.floor(key / scale), value = hits[key % scale]!;
      const last = this.length - 1;
      if (last < 0 || this.#lines[last] !== line) this.add(line, value);
      else if (value > this.#hits[last]!) this.#hits[last] = value;
    }
  }

  /** Writes ascending lines as runs of the same hits: lines since the last run, length, hits. */
  pack(writer: ByteWriter): void {
    let end = 0;
    for (let at = 0; at < this.length;) {
      const start = this.#lines[at]!, hits = this.#hits[at]!;
      let next = at + 1;
      while (
        next < this.length && this.#lines[next] === start + next - at && this.#hits[next] === hits
      ) next++;
      writer.varint(start - end);
      writer.varint(next - at);
      writer.varint(hits);
      end = start + next - at;
      at = next;
    }
  }
}

/** Calls back for each line of what `LineBatch.pack` wrote. */
export function unpackLines(
  packed: Uint8Array,
  use: (line: number, hits: number) => void,
): void {
  const reader = new ByteReader(packed);
  let line = 0;
  while (!reader.done) {
    line += reader.varint();
    const end = line + reader.varint(), hits = reader.varint();
    while (line < end) use(line++, hits);
  }
}

/** The first and the last line of what `LineBatch.pack` wrote. */
export function packedRange(packed: Uint8Array): { first: number; last: number } {
  const reader = new ByteReader(packed);
  let first = -1, end = 0;
  while (!reader.done) {
    const start = end + reader.varint();
    if (first < 0) first = start;
    end = start + reader.varint();
    reader.varint();
  }
  return { first, last: end - 1 };
}

function larger(column: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const twice = new Uint32Array(column.length * 2);
  twice.set(column);
  return twice;
}
