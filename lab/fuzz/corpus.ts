/**
 * The inputs that are mutated, every archive in `test_data/` and every coverage file inside them, and
 * what a target does with them.
 */
import fc from "fast-check";
import { readArchive } from "../../src/archive/read_archive.ts";
import { archivePath, samples } from "../../tests/support/test_data.ts";
import { type Bytes, unpacked } from "./mutations.ts";

export interface ArchiveInput {
  readonly name: string;
  readonly file: Bytes;
  readonly tar: Bytes;
  /** Paths of its coverage files; a likely one for an archive that is refused as it is. */
  readonly coverageFiles: readonly string[];
  toString(): string;
}

interface CoverageInput {
  readonly bytes: Bytes;
  toString(): string;
}

export interface Corpus {
  readonly archives: fc.Arbitrary<ArchiveInput>;
  readonly coverageFiles: fc.Arbitrary<CoverageInput>;
  /** An archive that the server takes. */
  readonly good: ArchiveInput;
}

/** What is fuzzed. */
export interface Target {
  /** Runs, as a multiple of `--runs`. */
  readonly times: number;
  /** Hands the property and its input to `check`; what else must hold is asserted afterwards. */
  run(
    corpus: Corpus,
    check: <T>(
      input: fc.Arbitrary<T>,
      /** Returns the outcome in a word, to count; throws where something is wrong. */
      holds: (input: T) => Promise<string>,
    ) => Promise<void>,
  ): Promise<void>;
}

/** Reads the corpus, in the order of its names, so that a seed repeats. */
export async function readCorpus(): Promise<Corpus> {
  const known = await samples();
  const archives: ArchiveInput[] = [];
  const files = new Map<string, CoverageInput>();
  for (const name of [...archiveNames(""), ...archiveNames("refused/")]) {
    const file = await Deno.readFile(archivePath(name));
    const paths = known.filter(({ archive }) => archive === name).map((row) => row.coverage_file);
    const coverageFiles = paths.length > 0 ? paths : ["coverage/coverage.xml"];
    archives.push({ name, file, tar: unpacked(file), coverageFiles, toString: () => name });
    if (paths.length === 0) continue;
    for (const [path, bytes] of await filesOf(file)) {
      // The variants hold one and the same file.
      const isNew = paths.includes(path) && !files.has(String(bytes));
      if (isNew) files.set(String(bytes), { bytes, toString: () => `${name}:${path}` });
    }
  }
  return {
    archives: fc.constantFrom(...archives),
    coverageFiles: fc.constantFrom(...files.values()),
    good: archives.find(({ name }) => name === "js-nyc-gnu.tar.gz")!,
  };
}

/** The files of an archive that is whole, by path. */
export async function filesOf(file: Bytes): Promise<Map<string, Bytes>> {
  const files = new Map<string, Bytes>();
  const limits = { maxReportBytes: 2 ** 30, maxReportFiles: 100_000 };
  for await (const entry of readArchive(new Blob([file]).stream(), limits)) {
    if (entry.kind === "file") files.set(entry.path, await entry.whole());
  }
  return files;
}

function archiveNames(folder: string): string[] {
  return [...Deno.readDirSync(archivePath(folder || "."))].map(({ name }) => folder + name)
    .filter((name) => /\.tar(\.gz)?$/.test(name)).sort();
}
