/**
 * The inputs that are mutated: every archive in `test_data/`, and every coverage file inside them.
 *
 * @module
 */
import { readArchive } from "../../src/archive/read_archive.ts";
import { archivePath, readArchiveFile, samples } from "../../tests/support/test_data.ts";
import type { Bytes } from "./mutation.ts";
import { unpacked } from "./mutate_gzip.ts";

/** An archive. */
export interface ArchiveInput {
  readonly name: string;
  /** As it is in the folder. */
  readonly file: Bytes;
  /** Without its gzip. */
  readonly tar: Bytes;
  /** Paths of its coverage files; a likely one for an archive that is refused as it is. */
  readonly coverageFiles: readonly string[];
}

/** A coverage file. */
export interface XmlInput {
  readonly name: string;
  readonly bytes: Bytes;
}

/** What there is to mutate. */
export interface Corpus {
  readonly archives: readonly ArchiveInput[];
  readonly xml: readonly XmlInput[];
}

/** Bytes and entries that no archive of the corpus has. */
export const NO_LIMITS = { maxReportBytes: 2 ** 30, maxReportFiles: 100_000 };

/** Reads the corpus, in the order of its names, so that a seed repeats. */
export async function readCorpus(): Promise<Corpus> {
  const known = await samples();
  const archives: ArchiveInput[] = [];
  const xml = new Map<string, XmlInput>();
  for (const name of [...archiveNames(""), ...archiveNames("refused/")]) {
    const file = await readArchiveFile(name);
    const coverageFiles = known.filter((sample) => sample.archive === name)
      .map((sample) => sample.coverage_file);
    archives.push({
      name,
      file,
      tar: unpacked(file),
      coverageFiles: coverageFiles.length ? coverageFiles : ["coverage/coverage.xml"],
    });
    if (coverageFiles.length === 0) continue;
    for (const [path, bytes] of await filesOf(file)) {
      // The variants hold one and the same file; mutating it once is enough.
      const digest = String(bytes);
      if (coverageFiles.includes(path) && !xml.has(digest)) {
        xml.set(digest, { name: `${name}:${path}`, bytes });
      }
    }
  }
  return { archives, xml: [...xml.values()] };
}

/** The files of an archive that is whole. */
export async function filesOf(file: Bytes): Promise<Map<string, Bytes>> {
  const files = new Map<string, Bytes>();
  for await (const entry of readArchive(new Blob([file]).stream(), NO_LIMITS)) {
    if (entry.kind === "file") files.set(entry.path, await new Response(entry.body).bytes());
  }
  return files;
}

function archiveNames(folder: string): string[] {
  return [...Deno.readDirSync(archivePath(folder || "."))]
    .filter(({ name, isFile }) => isFile && /\.tar(\.gz)?$/.test(name))
    .map(({ name }) => folder + name)
    .sort();
}
