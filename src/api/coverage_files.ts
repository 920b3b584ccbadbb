/**
 * Reads the coverage files of an upload, and unites those of its parts.
 *
 * @module
 */
import { quote, unprocessable } from "../errors.ts";
import type { PartCoverage } from "../db/add_coverage.ts";
import { type Coverage, CoverageError, type ParsedCoverage } from "../formats/coverage.ts";
import { uniteCoverage, uniteFiles } from "../formats/lines.ts";
import type { CoverageFile } from "../formats/modules.ts";
import type { ReadCoverage } from "../formats/read_coverage.ts";
import type { ReportStore, StagedReport } from "../reports/store.ts";

/**
 * The coverage of these files, of several their union. Throws a 422 that names the file which cannot
 * be read.
 */
export async function readCoverageFiles(
  paths: readonly string[],
  staged: Pick<StagedReport, "readFile">,
  readCoverage: ReadCoverage,
): Promise<ParsedCoverage> {
  const parsed: CoverageFile[] = [];
  for (const path of paths) { // one at a time: each may have megabytes in memory
    const file = `The coverage file ${quote(path)}`;
    const coverage = await described(file, () => readCoverage(staged.readFile(path)));
    if (paths.length > 1 && coverage.lines === null) {
      throw unprocessable(
        `${file} is a summary without lines (${coverage.total.format}), which cannot be united with ` +
          "others.",
      );
    }
    parsed.push({ file: path, ...coverage });
  }
  return await described("The union of the coverage files", () => uniteFiles(parsed));
}

/**
 * The coverage of all parts of a commit, whose lines are stored beside the report of the last one.
 * Throws a 422 where a part has no lines.
 */
export async function uniteParts(
  parts: readonly PartCoverage[],
  reportId: string,
  store: Pick<ReportStore, "readLines" | "writeUnion">,
): Promise<Coverage> {
  const parsed = await Promise.all(
    parts.map(async ({ report_id, coverage }) => ({
      total: coverage,
      lines: await store.readLines(report_id) ?? null,
    })),
  );
  const withoutLines = parts.find((_, at) => parsed[at]?.lines === null);
  if (withoutLines && parts.length > 1) {
    throw unprocessable(
      `Part ${quote(withoutLines.part)} is a summary without lines ` +
        `(${withoutLines.coverage.format}), which cannot be united with others.`,
    );
  }
  const { total, lines } = await described("The union of the parts", () => uniteCoverage(parsed));
  if (lines) await store.writeUnion(reportId, lines);
  return total;
}

/** What is wrong with a coverage file becomes a 422 about it. */
async function described<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CoverageError)) throw error;
    throw unprocessable(`${what} ${error.message}.`, error);
  }
}
