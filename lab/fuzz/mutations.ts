/** Mutations of bytes, and of a gzip, as values that fast-check makes, shrinks and prints. */
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { concat } from "../../tests/support/archive.ts";

export type Bytes = Uint8Array<ArrayBuffer>;

export interface Mutation {
  /** Returns mutated bytes and leaves `bytes` as they were. */
  apply(bytes: Bytes): Bytes;
}

const MiB = 1024 * 1024;
/** Larger results are skipped, so that the time of a run is bounded. */
const MAX_BYTES = 8 * MiB;

/** Places: a number modulo whatever there is. */
export const place = fc.nat();
/** Mostly short. */
const length = fc.oneof(fc.nat(8), fc.nat(600), fc.nat(20_000));

/** A kind of mutation, with what it varies. */
export function mutation<T>(
  name: string,
  details: fc.Arbitrary<T>,
  change: (bytes: Bytes, details: T) => Bytes,
): fc.Arbitrary<Mutation> {
  return details.map((detail) => ({
    apply: (bytes) => change(bytes, detail),
    [fc.toStringMethod]: () => `${name} ${fc.stringify(detail).slice(0, 300)}`,
  }));
}

/** One to four of these mutations, most often one. */
export function several(...kinds: fc.Arbitrary<Mutation>[]): fc.Arbitrary<Mutation[]> {
  const one = fc.oneof(...kinds);
  return fc.oneof(
    { weight: 3, arbitrary: fc.tuple(one) },
    { weight: 1, arbitrary: fc.array(one, { minLength: 2, maxLength: 4 }) },
  );
}

export function mutate(bytes: Bytes, mutations: readonly Mutation[]): Bytes {
  for (const { apply } of mutations) {
    const next = apply(bytes);
    if (next.byteLength <= MAX_BYTES) bytes = next;
  }
  return bytes;
}

/** Replaces `count` bytes at `start`. */
export function splice(bytes: Bytes, start: number, count: number, other: Bytes): Bytes {
  return concat([bytes.slice(0, start), other, bytes.slice(start + count)]);
}

/** What is put in the place of a piece: nothing, noise, one byte again and again, the piece twice. */
const replacement = fc.oneof(
  fc.uint8Array({ maxLength: 1000 }).map((noise) => () => Uint8Array.from(noise)),
  fc.constantFrom(0, 0x20, 0x30, 0xff)
    .map((byte) => (piece: Bytes) => new Uint8Array(piece.byteLength).fill(byte)),
  fc.constant((piece: Bytes) => concat([piece, piece])),
);

/** Mutations that know nothing of what the bytes mean. */
export const ofBytes: fc.Arbitrary<Mutation> = fc.oneof(
  mutation("flip", fc.array(place, { minLength: 1, maxLength: 16 }), (bytes, bits) => {
    const result = bytes.slice();
    for (const bit of bits) {
      const at = bit % (8 * result.byteLength || 1);
      if (result.byteLength > 0) result[at >> 3]! ^= 1 << (at & 7);
    }
    return result;
  }),
  mutation("cut", place, (bytes, at) => bytes.slice(0, at % (bytes.byteLength + 1))),
  mutation("replace", fc.tuple(place, length, replacement), (bytes, [at, count, replace]) => {
    const start = at % (bytes.byteLength + 1);
    return splice(bytes, start, count, replace(bytes.slice(start, start + count)));
  }),
);

/** Packs a tar; fast rather than small. */
export function packed(tar: Bytes): Bytes {
  return new Uint8Array(gzipSync(tar, { level: 1 }));
}

/** The tar in a file, which may be one already; a file whose gzip is damaged stays as it is. */
export function unpacked(file: Bytes): Bytes {
  try {
    return file[0] === 0x1f ? new Uint8Array(gunzipSync(file)) : file;
  } catch {
    return file;
  }
}

const nothing = fc.constant("");
const change = fc.tuple(fc.integer({ min: -8, max: 9 }), fc.nat(255));

/** Mutations of a file as it is sent: its bytes, the header and trailer of its gzip, its end. */
export const ofFile: fc.Arbitrary<Mutation> = fc.oneof(
  ofBytes,
  // Magic, method, flags, time, extra flags and system, or checksum and length. The flags, at 3,
  // announce fields that do not come.
  mutation("gzip's own", change, (file, own) => file.byteLength < 10 ? file : file.with(...own)),
  mutation("another behind", nothing, (file) => concat([file, packed(file.slice(0, 100))])),
  mutation("twice", nothing, (file) => concat([file, file])),
  mutation("in gzip again", nothing, packed),
  // More zeros than a report may have.
  mutation("bomb", nothing, (file) => packed(concat([unpacked(file), new Uint8Array(20 * MiB)]))),
);

/** Sizes of the chunks in which bytes arrive, in turn; 0 is an empty chunk before another. */
export const chunkSizes: fc.Arbitrary<number[]> = fc.array(
  fc.oneof(fc.constantFrom(0, 1, 3, 511, 512, 513, 1025, 4095), fc.nat(8192)),
  { minLength: 1, maxLength: 8 },
);

export function chunked(bytes: Bytes, sizes: readonly number[]): Bytes[] {
  const least = Math.ceil(bytes.byteLength / 500); // a chunk takes a microtask, or more
  const chunks: Bytes[] = [];
  for (let at = 0, turn = 0; at < bytes.byteLength; turn++) {
    const size = sizes[turn % sizes.length]!;
    if (size === 0) chunks.push(new Uint8Array());
    chunks.push(bytes.slice(at, at += Math.max(size, least)));
  }
  return chunks;
}

/** A stream of chunks that ends, fails, or never comes to an end. */
export function streamOf(
  chunks: readonly Bytes[],
  end: "closes" | "fails" | "stalls" = "closes",
): ReadableStream<Bytes> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      const chunk = chunks[at++];
      if (chunk) controller.enqueue(chunk);
      else if (end === "closes") controller.close();
      else if (end === "fails") controller.error(new Error("The sender has gone away"));
      else return new Promise(() => {});
    },
  }, { highWaterMark: 0 });
}
