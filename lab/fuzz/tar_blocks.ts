/**
 * Where a tar's headers are, and their checksum.
 *
 * @module
 */
import type { Bytes } from "./mutation.ts";

/** Bytes of a block. */
export const BLOCK = 512;

/** An entry's place in a tar: its header block, and where the next one begins. */
export interface Place {
  readonly at: number;
  readonly end: number;
  readonly type: string;
}

/** The entries, as far as they can be followed. */
export function places(tar: Bytes): Place[] {
  const found: Place[] = [];
  for (let at = 0; at + BLOCK <= tar.byteLength;) {
    if (tar[at] === 0) break;
    const digits = String.fromCharCode(...tar.subarray(at + 124, at + 135)).trim();
    const size = /^[0-7]+$/.test(digits) ? parseInt(digits, 8) : 0;
    const end = at + BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    found.push({
      at,
      end: Math.min(end, tar.byteLength),
      type: String.fromCharCode(tar[at + 156]!),
    });
    at = end;
  }
  return found;
}

/** Writes the right checksum into the header block at `at`. */
export function repairChecksum(tar: Bytes, at: number): void {
  const block = tar.subarray(at, at + BLOCK);
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
}
