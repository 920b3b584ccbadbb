/**
 * Unpacks an archive into a staged report, and reads its coverage file on the way: one pass.
 *
 * @module
 */
import { type Coverage, CoverageError } from "../formats/coverage.ts";
import type { ReadCoverage } from "../formats/read_coverage.ts";
import { quote, unprocessable } from "../errors.ts";
import type { StagedReport } from "../reports/store.ts";
import type { SafeEntry } from "./read_archive.ts";
import { CoverageFile } from "./coverage_file.ts";
import { ReportIndex } from "./index_page.ts";
import { ReportWriter } from "./file_writer.ts";

/** Symbolic links that are remembered, so that nothing is stored below one. */
const MAX_SYMLINKS = 1000;

/** What was unpacked. */
export interface UnpackedReport {
  /** The total of the coverage file. */
  readonly coverage: Coverage;
  /** The page to lead a reader to, a path in the report, or null for its listing. */
  readonly index: string | null;
  /** How many files were stored. */
  readonly files: number;
  /** Bytes of those files. */
  readonly bytes: number;
  /** Symbolic links that were left out. */
  readonly skippedLinks: number;
}

/**
 * Stores every entry in `staged` and returns the total of the coverage file. Throws an
 * `HttpError` and leaves the folder half-filled, for the caller to discard, when anything is wrong.
 */
export async function unpack(
  entries: AsyncIterable<SafeEntry>,
  staged: StagedReport,
  coverage: { fileName: string; read: ReadCoverage },
): Promise<UnpackedReport> {
  const writer = new ReportWriter(staged);
  const coverageFile = new CoverageFile(coverage.fileName);
  const index = new ReportIndex();
  const links = new Set<string>();
  let files = 0, bytes = 0;
  try {
    for await (const entry of entries) {
      if (entry.kind === "symlink") {
        links.add(entry.path);
        if (links.size > MAX_SYMLINKS) {
          throw unprocessable(`The archive has more than ${MAX_SYMLINKS} symbolic links.`);
        }
        continue;
      }
      refuseBelowLink(entry.path, links);
      if (entry.kind === "folder") {
        await writer.folder(entry.path);
        continue;
      }
      files++;
      bytes += entry.size;
      index.add(entry.path);
      if (coverageFile.wants(entry.path)) {
        await coverageFile.settle(); // one document at a time: each may have megabytes in flight
        const { result } = await writer.fileAndRead(
          entry.path,
          entry.body,
          (content) => coverage.read(content).catch(returnCoverageError),
        );
        coverageFile.add(entry.path, result);
      } else {
        await writer.file(entry.path, entry.size, entry.body);
      }
    }
    await writer.finish();
  } catch (error) {
    await writer.settle(); // or a late write would make its folder again after it was discarded
    throw error;
  }
  return {
    coverage: await coverageFile.result(),
    index: index.result(),
    files,
    bytes,
    skippedLinks: links.size,
  };
}

/** A path through a link is how an archive writes outside its folder; no honest one has it. */
function refuseBelowLink(path: string, links: ReadonlySet<string>): void {
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

/** A coverage file that cannot be read is judged only when it is known to be the one meant. */
function returnCoverageError(error: unknown): CoverageError {
  if (error instanceof CoverageError) return error;
  throw error;
}
