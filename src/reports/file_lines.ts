/**
 * The files of a report with their lines, as pages and the API show them.
 *
 * @module
 */
import { decodeLines, totalsOf, uncoveredRanges } from "../formats/lines.ts";
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

/** The files of a report in the order of the coverage file; undefined where no lines are stored. */
export async function readFiles(
  store: Pick<ReportStore, "readLines">,
  reportId: string,
): Promise<FileSummary[] | undefined> {
  const lines = await store.readLines(reportId);
  return lines && decodeLines(lines).map((file) => {
    const { covered, valid } = totalsOf([file]);
    return {
      path: file.path,
      linesCovered: covered,
      linesValid: valid,
      uncovered: uncoveredRanges(file),
    };
  });
}
