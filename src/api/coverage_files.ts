/**
 * Reads the coverage files of a staged report.
 *
 * @module
 */
import { quote, unprocessable } from "../errors.ts";
import { type Coverage, CoverageError } from "../formats/coverage.ts";
import type { ReadCoverage } from "../formats/read_coverage.ts";
import type { StagedReport } from "../reports/store.ts";

/** The total of the coverage files. Throws a 422 that names the file which cannot be read. */
export async function readCoverageFiles(
  paths: readonly string[],
  staged: Pick<StagedReport, "readFile">,
  readCoverage: ReadCoverage,
): Promise<Coverage> {
  const [path, second] = paths;
  if (path === undefined || second !== undefined) throw unprocessable("One coverage file is read.");
  try {
    return await readCoverage(staged.readFile(path));
  } catch (error) {
    if (!(error instanceof CoverageError)) throw error;
    throw unprocessable(`The coverage file ${quote(path)} ${error.message}.`, error);
  }
}
