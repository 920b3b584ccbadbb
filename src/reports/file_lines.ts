/**
 * The files of an upload with their lines.
 *
 * @module
 */
import { CoverageError } from "../formats/coverage.ts";
import { decodeLines, totalsOf, uncoveredRanges, uniteFiles } from "../formats/lines.ts";
import type { ReadCoverage } from "../formats/read_coverage.ts";
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

/** What finds the lines of an upload. */
export type LinesOf = Pick<CoverageRow, "report_id" | "report_stored" | "coverage_files">;

/** The files of an upload; undefined where its lines are not known. */
export type ReadFiles = (upload: LinesOf) => Promise<FileSummary[] | undefined>;

/** Reads the stored lines; where they are absent, those of the coverage files in the report. */
export function createReadFiles(
  { store, readCoverage }: {
    store: Pick<ReportStore, "readLines" | "readUnion" | "readFile" | "writeLines">;
    readCoverage: ReadCoverage;
  },
): ReadFiles {
  return async ({ report_id, report_stored, coverage_files }) => {
    if (!report_stored) return undefined;
    const lines = await store.readUnion(report_id) ?? await store.readLines(report_id) ??
      await readAgain(report_id, coverage_files);
    return lines && decodeLines(lines).map((file) => {
      const { covered, valid } = totalsOf([file]);
      return {
        path: file.path,
        linesCovered: covered,
        linesValid: valid,
        uncovered: uncoveredRanges(file),
      };
    });
  };

  async function readAgain(id: string, paths: readonly string[]) {
    try {
      const parsed = [];
      for (const path of paths) {
        parsed.push({ file: path, ...await readCoverage(store.readFile(id, path)) });
      }
      const lines = parsed.length === 0 ? null : uniteFiles(parsed).lines;
      if (lines) await store.writeLines(id, lines);
      return lines ?? undefined;
    } catch (error) {
      // The files were read once: a newer version may reject them, or somebody has removed them.
      if (error instanceof CoverageError || error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }
}
