/** The reader of archives: it yields safe entries, or throws an `HttpError` of 413 or 422. */
import assert from "node:assert/strict";
import { posix } from "node:path";
import fc from "fast-check";
import { readArchive } from "../../src/archive/read_archive.ts";
import { HttpError } from "../../src/errors.ts";
import type { ArchiveInput, Target } from "./corpus.ts";
import { type Bytes, chunked, chunkSizes, mutate, type Mutation } from "./mutations.ts";
import { ofFile, packed, several, streamOf } from "./mutations.ts";
import { ofTar } from "./tar_mutations.ts";

/** So low that some inputs go past them. */
export const LIMITS = { maxReportBytes: 16 * 1024 * 1024, maxReportFiles: 2000 };

/** Mutations of the file as it is sent, or of the tar in it. */
export const archiveMutations: fc.Arbitrary<(archive: ArchiveInput) => Bytes> = fc.oneof(
  several(ofFile).map((all) => printed(all, ({ file }) => mutate(file, all))),
  several(ofTar).map((all) => printed(all, ({ tar }) => mutate(tar, all))),
  several(ofTar).map((all) => printed(all, ({ tar }) => packed(mutate(tar, all)))),
);

function printed(mutations: Mutation[], value: (archive: ArchiveInput) => Bytes) {
  return Object.assign(value, { [fc.toStringMethod]: () => fc.stringify(mutations) });
}

export const archive: Target = {
  times: 3,
  async run(corpus, check) {
    const input = fc.record({
      archive: corpus.archives,
      mutated: archiveMutations,
      sizes: chunkSizes,
      cancels: fc.nat(3).map((one) => one === 3),
    });
    await check(input, async ({ archive, mutated, sizes, cancels }) => {
      const bytes = mutated(archive);
      const whole = await read([bytes], false);
      const inPieces = await read(chunked(bytes, sizes), cancels);
      // Of two faults either may be met first; whether there is one is the same.
      assert.deepEqual(inPieces.entries, whole.entries, "read in pieces, and at once");
      return whole.outcome;
    });
  },
};

/** What reading gave; entries only where it came to its end. */
async function read(chunks: readonly Bytes[], cancels: boolean) {
  const entries: string[] = [];
  try {
    for await (const entry of readArchive(streamOf(chunks), LIMITS)) {
      entries.push(`${entry.kind} ${entry.path}`);
      const path = posix.join("/report", entry.path);
      assert(path === "/report" || path.startsWith("/report/"), `unsafe: ${path}`);
      if (entry.kind !== "file") continue;
      if (cancels) { for await (const _ of entry.chunks()) break; }
      else assert.equal((await entry.whole()).byteLength, entry.size, entry.path);
    }
    return { outcome: "read", entries };
  } catch (error) {
    assert(error instanceof HttpError && [413, 422].includes(error.status), Deno.inspect(error));
    return { outcome: String(error.status), entries: undefined };
  }
}
