/**
 * What a mutation is, and how some are applied to an input.
 *
 * @module
 */
import type { Random } from "./random.ts";

/** Bytes of an input. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** A way to spoil an input. */
export interface Mutation {
  /** As it stands in the table. */
  readonly kind: string;
  /** Returns spoilt bytes and leaves `bytes` as they were. */
  apply(bytes: Bytes, random: Random): Bytes;
}

/** Inputs are never grown past this, so that the time of a run is bounded. */
const MAX_BYTES = 8 * 1024 * 1024;

/** Applies one mutation, now and then up to four; returns their kinds as well. */
export function mutate(
  bytes: Bytes,
  mutations: readonly Mutation[],
  random: Random,
): { bytes: Bytes; kinds: string[] } {
  const kinds: string[] = [];
  const count = random.oneIn(4) ? random.between(2, 4) : 1;
  for (let round = 0; round < count; round++) {
    const mutation = random.pick(mutations);
    const next = mutation.apply(bytes, random);
    if (next.byteLength > MAX_BYTES) break;
    bytes = next;
    kinds.push(mutation.kind);
  }
  return { bytes, kinds };
}

/** Replaces `count` bytes at `start` by others. */
export function splice(bytes: Bytes, start: number, count: number, other: Uint8Array): Bytes {
  const result = new Uint8Array(bytes.byteLength - count + other.byteLength);
  result.set(bytes.subarray(0, start));
  result.set(other, start);
  result.set(bytes.subarray(start + count), start + other.byteLength);
  return result;
}
