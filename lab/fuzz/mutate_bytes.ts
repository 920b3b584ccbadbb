/**
 * Mutations that know nothing of what the bytes mean.
 *
 * @module
 */
import { type Bytes, type Mutation, splice } from "./mutation.ts";
import type { Random } from "./random.ts";

/** Flips, cuts, insertions, deletions, duplications; their kinds begin with `prefix`. */
export function byteMutations(prefix: string): Mutation[] {
  return Object.entries(MUTATIONS).map(([name, apply]) => ({ kind: `${prefix} ${name}`, apply }));
}

const MUTATIONS: Record<string, Mutation["apply"]> = {
  flip(bytes, random) {
    const result = bytes.slice();
    for (let count = random.length(16); count > 0 && result.byteLength > 0; count--) {
      result[random.below(result.byteLength)]! ^= 1 << random.below(8);
    }
    return result;
  },
  cut(bytes, random) {
    return bytes.slice(0, random.below(bytes.byteLength + 1));
  },
  insert(bytes, random) {
    const start = random.below(bytes.byteLength + 1);
    return splice(bytes, start, 0, random.bytes(random.length(2048)));
  },
  delete(bytes, random) {
    const { start, count } = range(bytes, random);
    return splice(bytes, start, count, new Uint8Array(0));
  },
  duplicate(bytes, random) {
    const { start, count } = range(bytes, random);
    return splice(bytes, start, 0, bytes.subarray(start, start + count));
  },
  overwrite(bytes, random) {
    const { start, count } = range(bytes, random);
    const byte = random.pick([0, 0x20, 0x30, 0xff, random.below(256)]);
    return splice(bytes, start, count, new Uint8Array(count).fill(byte));
  },
};

function range(bytes: Bytes, random: Random): { start: number; count: number } {
  const start = random.below(bytes.byteLength);
  const left = bytes.byteLength - start;
  return { start, count: left === 0 ? 0 : random.length(left) };
}
