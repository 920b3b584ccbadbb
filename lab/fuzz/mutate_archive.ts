/**
 * Mutations of a whole archive, at each of its layers.
 *
 * @module
 */
import type { ArchiveInput } from "./corpus.ts";
import { type Bytes, mutate } from "./mutation.ts";
import { byteMutations } from "./mutate_bytes.ts";
import { entryMutations } from "./mutate_entries.ts";
import { gzipMutations, packed } from "./mutate_gzip.ts";
import { tarMutations } from "./mutate_tar.ts";
import type { Random } from "./random.ts";

/** A spoilt archive, as it is sent. */
export interface MutatedArchive {
  readonly bytes: Bytes;
  readonly kinds: readonly string[];
}

/** Makes the function that spoils archives: the file as it is sent, or the tar that it holds. */
export function archiveMutations(
  token: string,
): (archive: ArchiveInput, random: Random) => MutatedArchive {
  const ofFile = [...byteMutations("file"), ...gzipMutations];
  const headers = tarMutations(token);
  const entries = entryMutations(token);
  const ofTar = [...byteMutations("tar"), ...headers, ...headers, ...entries, ...entries];
  return (archive, random) => {
    if (random.oneIn(4)) return mutate(archive.file, ofFile, random);
    const { bytes, kinds } = mutate(archive.tar, ofTar, random);
    return { bytes: random.oneIn(4) ? bytes : packed(bytes), kinds };
  };
}
