/** Unpacks an archive into a staged report. */
import { HttpError, quote, unprocessable } from "../errors.ts";
import type { ByteStream } from "../http/byte_stream.ts";
import type { StagedReport } from "../reports/store.ts";
import { CoverageFiles, DIFF, isAppleDouble } from "./coverage_file_picks.ts";
import { FileWriter } from "./file_writer.ts";
import { readArchive, type ReportLimits, tooManyFiles } from "./read_archive.ts";

/** Symbolic links that are remembered, so that nothing is stored below one. */
const MAX_SYMLINKS = 1000;
/** Links that a warning names. */
const MAX_NAMED = 10;

/** What was unpacked. Paths are relative to the report. */
export interface ExtractedReport {
  readonly coverageFiles: readonly string[];
  /** The diff, or a sentence that says why it was not found; undefined: none was asked for. */
  readonly diff: { readonly path: string } | { readonly reason: string } | undefined;
  /** The page to open first; null for the listing. */
  readonly index: string | null;
  readonly files: number;
  readonly bytes: number;
  /** How many symbolic links were left out. */
  readonly links: number;
  /** What the client should know, in sentences. */
  readonly warnings: readonly string[];
}

/**
 * Opens an archive, stores every entry in `staged` and finds the coverage files by their `names`. Each
 * that may be meant is told to `onCoverageFile` when it was written, and once more where a later entry
 * replaced it. Throws an `HttpError` and leaves the folder half-filled, for the caller to discard, when
 * anything is wrong, without opening the archive for a name that no file can have; 413 for more than
 * `maxReportFiles` files and folders, among them those that only stand in the path of another.
 */
export async function extract(
  open: () => ByteStream,
  staged: StagedReport,
  { names, diffName, limits, onCoverageFile = () => {} }: {
    names: readonly string[];
    diffName?: string | undefined;
    limits: ReportLimits;
    onCoverageFile?: (path: string) => void;
  },
): Promise<ExtractedReport> {
  const writer = new FileWriter(staged);
  const coverageFiles = new CoverageFiles(names);
  const diff = diffName === undefined ? undefined : new CoverageFiles([diffName], DIFF);
  const index = new IndexPage();
  const linkedIndex = new IndexPage();
  const links = new Set<string>();
  let files = 0, bytes = 0;
  try {
    for await (const entry of readArchive(open(), limits)) {
      if (entry.kind === "symlink") {
        links.add(entry.path);
        coverageFiles.addLink(entry.path);
        linkedIndex.add(entry.path);
        if (links.size > MAX_SYMLINKS) {
          throw unprocessable(`The archive has more than ${MAX_SYMLINKS} symbolic links.`);
        }
        continue;
      }
      rejectBelowLink(entry.path, links);
      const isFile = entry.kind === "file";
      await writer.folder(isFile ? folderOf(entry.path) : entry.path);
      if (isFile) files++;
      const { maxReportFiles } = limits;
      if (files + writer.folderCount > maxReportFiles) throw tooManyFiles(maxReportFiles);
      if (!isFile) continue;
      bytes += entry.size;
      index.add(entry.path);
      diff?.add(entry.path);
      const isCoverageFile = coverageFiles.add(entry.path);
      await writer.file(entry);
      if (isCoverageFile) {
        await writer.finish();
        onCoverageFile(entry.path);
      }
    }
    await writer.finish();
  } catch (error) {
    await writer.settle(); // or a late write would make its folder again after it was discarded
    throw error;
  }
  return {
    coverageFiles: coverageFiles.result(),
    diff: diff && diffOf(diff),
    index: index.result(),
    files,
    bytes,
    links: links.size,
    warnings: warningsOf([...links], index.result() ?? linkedIndex.result()),
  };
}

/** The limits counted when it came, and may be lower now. */
const UNLIMITED = {
  maxReportBytes: Number.MAX_SAFE_INTEGER,
  maxReportFiles: Number.MAX_SAFE_INTEGER,
};

/** Unpacks an archive that was taken before. Throws what an upload of it would fail with. */
export async function unpack(archive: ByteStream, staged: StagedReport): Promise<ExtractedReport> {
  return await extract(() => archive, staged, { names: [], limits: UNLIMITED });
}

/** The first page is a link where that is all there is to open. */
function warningsOf(links: readonly string[], firstPage: string | null): string[] {
  if (links.length === 0) return [];
  const named = links.slice(0, MAX_NAMED).map(quote).join(", ");
  const more = links.length > MAX_NAMED ? `, and ${links.length - MAX_NAMED} more` : "";
  const what = links.length === 1 ? "A symbolic link was" : `${links.length} symbolic links were`;
  return [
    `${what} left out: ${named}${more}. tar's -h (--dereference) packs the files instead.`,
    ...(firstPage !== null && links.includes(firstPage)
      ? [`The report has no first page, because ${quote(firstPage)} is a symbolic link.`]
      : []),
  ];
}

/** A missing diff fails no upload. */
function diffOf(found: CoverageFiles): ExtractedReport["diff"] {
  try {
    return { path: found.result()[0]! };
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return { reason: error.message };
  }
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** A path through a link is how an archive writes outside its folder; no honest one has it. */
function rejectBelowLink(path: string, links: ReadonlySet<string>): void {
  if (links.size === 0) return;
  for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) {
    const link = path.slice(0, slash);
    if (links.has(link)) {
      throw unprocessable(
        `The archive has an unsafe entry, ${quote(path)}: it leads through the symbolic link ${
          quote(link)
        }.`,
      );
    }
  }
}

/**
 * Chooses the page while the entries pass: the shallowest `index.html`, else the shallowest
 * `coverage.html` (Go, Perl's Devel::Cover), else the only page there is.
 */
export class IndexPage {
  readonly #pages = new Set<string>();
  #best: Candidate | undefined;

  add(path: string): void {
    if (!/\.html?$/i.test(path) || isAppleDouble(path)) return;
    if (this.#pages.size < 2) this.#pages.add(path); // only "one" and "several" differ
    const [, name = ""] = /(?:^|\/)(index|coverage)\.html?$/i.exec(path) ?? [];
    const rank = ["index", "coverage", ""].indexOf(name.toLowerCase());
    const candidate = { path, rank, depth: path.split("/").length };
    if (!this.#best || isBefore(candidate, this.#best)) this.#best = candidate;
  }

  /** The page's path in the report; null where none stands out: the listing is better. */
  result(): string | null {
    if (!this.#best || (this.#best.rank === 2 && this.#pages.size > 1)) return null;
    return this.#best.path;
  }
}

type Candidate = { path: string; rank: number; depth: number };

function isBefore(a: Candidate, b: Candidate): boolean {
  if (a.rank !== b.rank) return a.rank < b.rank;
  return a.depth !== b.depth ? a.depth < b.depth : a.path < b.path;
}
