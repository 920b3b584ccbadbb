/** The files of an upload with their lines. */
import { CoverageError } from "../formats/coverage.ts";
import { decodeFiles, totalsOf, uncoveredRanges } from "../formats/lines.ts";
import type { ReadCoverage } from "../formats/read_coverage.ts";
import { unite, uniteFiles } from "../formats/union.ts";
import { percentageOf } from "../model/percentage.ts";
import type { CoverageRow } from "../model/rows.ts";
import type { ReportStore } from "./store.ts";

export interface LineCounts {
  readonly linesCovered: number;
  readonly linesValid: number;
}

export interface FileSummary extends LineCounts {
  readonly path: string;
  /** Lines without a hit: "12-18,40". */
  readonly uncovered: string;
}

/** Null for a file without lines to cover. */
export function percentageIn({ linesCovered, linesValid }: LineCounts): number | null {
  return linesValid === 0 ? null : percentageOf(linesCovered, linesValid);
}

/** A report, and its coverage files. */
export interface ReportLines extends Pick<CoverageRow, "report_id"> {
  readonly coverage_files: readonly string[];
}

/** What finds the lines of an upload. */
export interface LinesOf extends ReportLines, Pick<CoverageRow, "report_stored"> {
  /** Uploads that it was united from. */
  readonly parts: readonly ReportLines[];
}

/** The files of an upload; undefined where its lines are not known. */
export type ReadFiles = (upload: LinesOf) => Promise<FileSummary[] | undefined>;

export interface LineStore {
  readonly store: Pick<
    ReportStore,
    "readLines" | "readFile" | "writeLines"
  >;
  readonly readCoverage: ReadCoverage;
}

/** Reads the stored lines; where they are absent, those of the coverage files in the report. */
export function createReadFiles(from: LineStore): ReadFiles {
  return async (upload) => {
    if (!upload.report_stored) return undefined;
    const lines = upload.parts.length > 1
      ? await linesOfParts(upload, from)
      : await linesOf(upload, from);
    return lines && Array.from(decodeFiles(lines), (file) => {
      const { covered, valid } = totalsOf([file]);
      return {
        path: file.path,
        linesCovered: covered,
        linesValid: valid,
        uncovered: uncoveredRanges(file),
      };
    });
  };
}

/** The encoded lines of a report alone. */
export async function linesOf(
  { report_id, coverage_files }: ReportLines,
  { store, readCoverage }: LineStore,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const stored = await store.readLines(report_id);
  if (stored || coverage_files.length === 0) return stored;
  try {
    const parsed = [];
    for (const path of coverage_files) {
      parsed.push({ file: path, ...await readCoverage(store.readFile(report_id, path)) });
    }
    const { lines } = uniteFiles(parsed);
    if (lines) await store.writeLines(report_id, lines);
    return lines ?? undefined;
  } catch (error) {
    // The files were read once: a newer version may reject them, or somebody has removed them.
    if (error instanceof CoverageError || error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function linesOfParts(
  { report_id, parts }: LinesOf,
  from: LineStore,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const stored = await from.store.readLines(report_id, "union");
  if (stored) return stored;
  const each = await Promise.all(parts.map((part) => linesOf(part, from)));
  if (!each.every((lines) => lines !== undefined)) return undefined;
  const { lines } = unite(each);
  await from.store.writeLines(report_id, lines, "union");
  return lines;
}
