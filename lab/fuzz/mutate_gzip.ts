/**
 * Mutations of the gzip around a tar, and of a file as it is sent.
 *
 * @module
 */
import { gunzipSync, gzipSync } from "node:zlib";
import { concat } from "../../tests/support/archive.ts";
import type { Bytes, Mutation } from "./mutation.ts";

/** Packs a tar; fast rather than small. */
export function packed(tar: Bytes): Bytes {
  return new Uint8Array(gzipSync(tar, { level: 1 }));
}

/** The tar in a file, which may be one already. */
export function unpacked(file: Bytes): Bytes {
  return file[0] === 0x1f ? new Uint8Array(gunzipSync(file)) : file;
}

/** Spoils what gzip says of itself, and adds to its end. */
export const gzipMutations: readonly Mutation[] = [
  {
    kind: "gzip header",
    apply(bytes, random) {
      const result = bytes.slice();
      // Magic, method, flags, time, extra flags, system; the flags announce fields that do not come.
      const at = random.pick([0, 1, 2, 3, 3, 3, random.below(10)]);
      if (at < result.byteLength) result[at] = random.below(256);
      return result;
    },
  },
  {
    kind: "gzip trailer",
    apply(bytes, random) {
      const result = bytes.slice();
      for (let count = random.between(1, 4); count > 0; count--) {
        const at = result.byteLength - random.between(1, 8);
        if (at >= 0) result[at] = random.below(256);
      }
      return result;
    },
  },
  {
    kind: "gzip followed by another",
    apply: (bytes, random) => concat([bytes, packed(random.bytes(random.length(1024)))]),
  },
  {
    kind: "file twice",
    apply: (bytes) => concat([bytes, bytes]),
  },
  {
    kind: "file in gzip again",
    apply: packed,
  },
  {
    kind: "gzip bomb behind",
    // 20 MiB of zeros behind the archive's end: more than the limit of a report.
    apply: (bytes) => packed(concat([unpackedOr(bytes), new Uint8Array(20 * 1024 * 1024)])),
  },
];

function unpackedOr(bytes: Bytes): Bytes {
  try {
    return unpacked(bytes);
  } catch { // spoilt before
    return bytes;
  }
}
