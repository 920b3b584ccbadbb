/**
 * Lines with their ranks as two columns, and packed as bytes. Of the same line twice the higher rank
 * counts: 0 for missed, 1 for hit, or what a format makes of 0 to 3.
 */
import { ByteReader, ByteWriter } from "./varints.ts";

const RANKS = 4;

export class LineBatch {
  length = 0;
  #lines = new Uint32Array(64);
  #ranks = new Uint8Array(64);
  #isAscending = true;

  add(line: number, rank: number): void {
    const at = this.length;
    if (at === this.#lines.length) {
      const lines = this.#lines, ranks = this.#ranks;
      this.#lines = new Uint32Array(at * 2);
      this.#ranks = new Uint8Array(at * 2);
      this.#lines.set(lines);
      this.#ranks.set(ranks);
    }
    if (at > 0 && line <= this.#lines[at - 1]!) this.#isAscending = false;
    this.#lines[at] = line;
    this.#ranks[at] = rank;
    this.length++;
  }

  clear(): void {
    this.length = 0;
    this.#isAscending = true;
  }

  covered(): number {
    let covered = 0;
    for (let at = 0; at < this.length; at++) if (this.#ranks[at]! > 0) covered++;
    return covered;
  }

  each(use: (line: number, rank: number) => void): void {
    for (let at = 0; at < this.length; at++) use(this.#lines[at]!, this.#ranks[at]!);
  }

  /** Sorts by line, and keeps the highest rank of a line that is there more than once. */
  unite(): void {
    if (this.#isAscending) return;
    // Line and place in one double: a typed array sorts numbers much faster than a callback does.
    const scale = 2 ** Math.ceil(Math.log2(this.length + 1));
    const order = new Float64Array(this.length);
    for (let at = 0; at < this.length; at++) order[at] = this.#lines[at]! * scale + at;
    order.sort();
    const ranks = this.#ranks.slice(0, this.length);
    this.clear();
    for (const key of order) {
      const line = Math.floor(key / scale), rank = ranks[key % scale]!;
      const last = this.length - 1;
      if (last < 0 || this.#lines[last] !== line) this.add(line, rank);
      else if (rank > this.#ranks[last]!) this.#ranks[last] = rank;
    }
  }

  /** Writes ascending lines as runs of the same rank: lines since the last run; length and rank. */
  pack(writer: ByteWriter): void {
    let end = 0;
    for (let at = 0; at < this.length;) {
      const start = this.#lines[at]!, rank = this.#ranks[at]!;
      let next = at + 1;
      while (
        next < this.length && this.#lines[next] === start + next - at && this.#ranks[next] === rank
      ) next++;
      writer.varint(start - end);
      writer.varint((next - at) * RANKS + rank);
      end = start + next - at;
      at = next;
    }
  }
}

/** Calls back for each line of what `LineBatch.pack` wrote. */
export function unpackLines(
  packed: Uint8Array,
  use: (line: number, rank: number) => void,
): void {
  const reader = new ByteReader(packed);
  let line = 0;
  while (!reader.done) {
    line += reader.varint();
    const run = reader.varint(), rank = run % RANKS, end = line + (run - rank) / RANKS;
    while (line < end) use(line++, rank);
  }
}

/** The first and the last line of what `LineBatch.pack` wrote. */
export function packedRange(packed: Uint8Array): { first: number; last: number } {
  const reader = new ByteReader(packed);
  let first = -1, end = 0;
  while (!reader.done) {
    const start = end + reader.varint();
    if (first < 0) first = start;
    end = start + Math.floor(reader.varint() / RANKS);
  }
  return { first, last: end - 1 };
}
