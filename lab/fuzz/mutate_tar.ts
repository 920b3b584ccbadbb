/**
 * Mutations of a tar's headers and of the order of its entries.
 *
 * @module
 */
import { concat } from "../../tests/support/archive.ts";
import { type Bytes, type Mutation, splice } from "./mutation.ts";
import { hostileName } from "./names.ts";
import type { Random } from "./random.ts";
import { BLOCK, type Place, places, repairChecksum } from "./tar_blocks.ts";

/** Every type that a tar of some kind has; NUL is the oldest one's file. */
const TYPES = [..."0123456789LKxgSVDMAXN\0 "];
const encoder = new TextEncoder();

/** Mutations of header fields and whole blocks; names lead to the trap named `token`. */
export function tarMutations(token: string): Mutation[] {
  return [
    field("name", (block, random) => put(block, 0, 100, hostileName(random, token))),
    field("prefix", (block, random) => put(block, 345, 155, hostileName(random, token))),
    field("link name", (block, random) => put(block, 157, 100, hostileName(random, token))),
    field("type", (block, random) => {
      block[156] = random.oneIn(5) ? random.below(256) : random.pick(TYPES).charCodeAt(0);
    }),
    field("size", (block, random) => block.set(sizeField(random), 124)),
    field("checksum", (block, random) => put(block, 148, 8, numberText(random)), false),
    field("magic", (block, random) => {
      put(block, 257, 8, random.pick(["", "ustar", "ustar\x0000", "ustar  ", "tar\0", "GNUtar "]));
    }),
    field("any byte", (block, random) => {
      block[random.below(BLOCK)] = random.below(256);
    }),
    { kind: "tar blocks swapped", apply: swapBlocks },
    {
      kind: "tar entries reordered",
      apply(tar, random) {
        const list = places(tar);
        const parts = list.map(({ at, end }) => tar.subarray(at, end));
        for (let count = random.between(1, 5); count > 0 && parts.length > 0; count--) {
          const [part] = parts.splice(random.below(parts.length), 1);
          parts.splice(random.below(parts.length + 1), 0, part!);
        }
        return concat([...parts, tar.subarray(list.at(-1)?.end ?? 0)]);
      },
    },
    {
      kind: "tar without its end",
      apply: (tar, random) => tar.slice(0, (places(tar).at(-1)?.end ?? 0) + random.below(1025)),
    },
    { kind: "tar twice", apply: (tar) => concat([tar, tar]) },
    {
      kind: "tar twice without the first end",
      apply: (tar) => concat([tar.subarray(0, places(tar).at(-1)?.end ?? 0), tar]),
    },
  ];
}

/** A mutation of one header, of one entry or of each; the checksum is mended most of the time. */
function field(
  name: string,
  change: (block: Bytes, random: Random) => void,
  mend = true,
): Mutation {
  return {
    kind: `tar header ${name}`,
    apply(tar, random) {
      const result = tar.slice();
      const list = places(tar);
      const chosen: Place[] = random.oneIn(20) ? list : list.length > 0 ? [random.pick(list)] : [];
      for (const { at } of chosen) {
        change(result.subarray(at, at + BLOCK), random);
        if (mend && !random.oneIn(4)) repairChecksum(result, at);
      }
      return result;
    },
  };
}

function put(block: Bytes, start: number, length: number, text: string): void {
  block.fill(0, start, start + length);
  // Some names as Latin-1, which is no UTF-8.
  const bytes = text.length % 3 === 0
    ? Uint8Array.from(text, (character) => character.charCodeAt(0))
    : encoder.encode(text);
  block.set(bytes.subarray(0, length), start);
}

function numberText(random: Random): string {
  return random.pick([
    ...["", "0", "7777777", "-1", " 12 34", "99999999", "0x1f", "1e3", "\0\0\0\x001", "+7"],
    random.uint32().toString(8),
  ]);
}

/** The 12 bytes of a size, or 4 more that run into the time behind it. */
function sizeField(random: Random): Bytes {
  const bytes = new Uint8Array(12);
  switch (random.below(4)) {
    case 0: // base 256, as GNU writes what is over 8 GiB; 0xff is negative
      bytes.set(random.bytes(12));
      if (random.oneIn(2)) bytes.fill(random.oneIn(2) ? 0 : 0xff, 1, random.between(1, 11));
      bytes[0] = random.pick([0x80, 0xff, 0x81]);
      return bytes;
    case 1:
      return encoder.encode(random.pick(["77777777777\0", "37777777777\0", "777777777777"]));
    case 2:
      return encoder.encode(numberText(random).padEnd(12, random.pick(["\0", " ", "0", "8"])))
        .slice(0, 12);
    default: // a size that is only a little wrong
      return encoder.encode(
        `${random.below(random.pick([600, 5000, 2 ** 31])).toString(8).padStart(11, "0")}\0`,
      );
  }
}

function swapBlocks(tar: Bytes, random: Random): Bytes {
  const list = places(tar);
  if (list.length === 0) return tar;
  const first = random.pick(list).at;
  const other = random.oneIn(2)
    ? random.pick(list).at
    : random.below(Math.floor(tar.byteLength / BLOCK)) * BLOCK;
  const kept = tar.slice(first, first + BLOCK);
  const result = splice(tar, first, kept.byteLength, tar.slice(other, other + kept.byteLength));
  return splice(result, other, kept.byteLength, kept).slice(0, tar.byteLength);
}
