/**
 * Reads the coverage files of a staged report.
 *
 * @module
 */
import { quote, unprocessable } from "../errors.ts";
import { CoverageError, type ParsedCoverage } from "../formats/coverage.ts";
import { uniteCoverage } from "../formats/lines.ts";
import type { ReadCoverage } from "../formats/read_coverage.ts";
import type { StagedReport } from "../reports/store.ts";

/**
 * The coverage of these files, of several their union. Throws a 422 that names the file which cannot
 * be read.
 */
export async function readCoverageFiles(
  paths: readonly string[],
  staged: Pick<StagedReport, "readFile">,
  readCoverage: ReadCoverage,
): Promise<ParsedCoverage> {
  const parsed: ParsedCoverage[] = [];
  for (const path of paths) { // one at a time: each may have megabytes in memory
    const file = `The coverage file ${quote(path)}`;
    const coverage = await described(file, () => readCoverage(staged.readFile(path)));
    if (paths.length > 1 && coverage.lines === null) {
      throw unprocessable(
        `${file} is a summary without lines (${coverage.total.format}), which cannot be united with ` +
          "others.",
      );
    }
    parsed.push(coverage);
  }
  return await described("The union of the coverage files", () => uniteCoverage(parsed));
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
