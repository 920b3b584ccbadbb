/** Packed lines, stored one piece after the other; the pieces of a file are a list. */
import { CoverageError } from "./coverage.ts";
import { LineBatch, packedRange, unpackLines } from "./line_batch.ts";
import { ByteReader, ByteWriter } from "./varints.ts";

/** Lines of a piece: with 10 bytes each at most they fit a chunk. */
export const SEGMENT_LINES = 65_536;
const CHUNK_BYTES = 1024 * 1024;
/** Lines of one file that may be held to sort them: those of pieces that overlap. */
const MAX_OVERLAPPING_LINES = 1_048_576;

/** No piece. */
export const NONE = -1;

/** A piece of a file. */
interface Segment {
  readonly group: number;
  readonly packed: Uint8Array;
}

export class Segments {
  bytes = 0;
  #chunks: Uint8Array<ArrayBuffer>[] = [];
  #used = CHUNK_BYTES;
  readonly #writer = new ByteWriter();
  readonly #header = new ByteWriter();

  /** Stores the lines of a batch, and returns where; `previous` is the piece before it in its list. */
  store(batch: LineBatch, group: number, previous: number): number {
    this.#writer.clear();
    batch.pack(this.#writer);
    this.#header.clear();
    this.#header.varint(previous + 1);
    this.#header.varint(group);
    this.#header.varint(this.#writer.length);
    const size = this.#header.length + this.#writer.length;
    if (this.#used + size > CHUNK_BYTES) {
      this.#chunks.push(new Uint8Array(CHUNK_BYTES));
      this.#used = 0;
    }
    const chunk = this.#chunks.at(-1)!;
    chunk.set(this.#header.bytes, this.#used);
    chunk.set(this.#writer.bytes, this.#used + this.#header.length);
    const place = (this.#chunks.length - 1) * CHUNK_BYTES + this.#used;
    this.#used += size;
    this.bytes += size;
    return place;
  }

  groupOf(place: number): number {
    return this.#read(place).group;
  }

  /** The pieces of a list by their group. */
  byGroup(last: number): Map<number, Segment[]> {
    const groups = new Map<number, Segment[]>();
    for (let place = last; place !== NONE;) {
      const { previous, ...segment } = this.#read(place);
      const others = groups.get(segment.group);
      if (others) others.push(segment);
      else groups.set(segment.group, [segment]);
      place = previous;
    }
    return groups;
  }

  /** All pieces of a list. */
  list(last: number): Segment[] {
    return [...this.byGroup(last).values()].flat();
  }

  #read(place: number): Segment & { previous: number } {
    const chunk = this.#chunks[Math.floor(place / CHUNK_BYTES)]!;
    const reader = new ByteReader(chunk.subarray(place % CHUNK_BYTES));
    const previous = reader.varint() - 1, group = reader.varint();
    return { previous, group, packed: reader.read(reader.varint()) };
  }
}

/**
 * Calls back for each line of these pieces, ascending, with its highest rank. Pieces that follow
 * each other, as those of a long file do, need no memory; others are gathered and sorted.
 */
export function eachLine(
  segments: readonly Segment[],
  use: (line: number, rank: number) => void,
): void {
  if (segments.length === 1) return unpackLines(segments[0]!.packed, use);
  const ranges = segments.map(({ packed }) => ({ packed, ...packedRange(packed) }))
    .sort((one, other) => one.first - other.first);
  const batch = new LineBatch();
  for (let at = 0; at < ranges.length;) {
    let { last } = ranges[at]!;
    let next = at + 1;
    while (next < ranges.length && ranges[next]!.first <= last) {
      last = Math.max(last, ranges[next++]!.last);
    }
    if (next === at + 1) {
      unpackLines(ranges[at]!.packed, use);
    } else {
      batch.clear();
      for (const { packed } of ranges.slice(at, next)) {
        unpackLines(packed, (line, rank) => batch.add(line, rank));
        if (batch.length > 2 * MAX_OVERLAPPING_LINES) uniteBounded(batch);
      }
      uniteBounded(batch);
      batch.each(use);
    }
    at = next;
  }
}

function uniteBounded(batch: LineBatch): void {
  batch.unite();
  if (batch.length > MAX_OVERLAPPING_LINES) {
    throw new CoverageError(
      `has a file of more than ${MAX_OVERLAPPING_LINES} lines that are not in order`,
    );
  }
}
