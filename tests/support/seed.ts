/**
 * Rows as uploads leave them, for tests that only read.
 *
 * @module
 */
import type { Sql } from "postgres";
import { readConfig } from "../../src/config.ts";
import { addCoverage, type NewCoverage } from "../../src/coverages/queries.ts";

/** The branches that stand for a repository by default. */
export const DEFAULT_BRANCHES = readConfig({}).defaultBranches;

/** Adds an upload's row, without a report on disk; returns the report's id. */
export async function seed(sql: Sql, upload: Partial<NewCoverage> & { percentage?: number } = {}) {
  const { percentage = 50, ...rest } = upload;
  const reportId = crypto.randomUUID();
  await addCoverage(sql, {
    org_name: "acme",
    repo_name: "shop",
    branch_name: "main",
    commit_hash: "0123456789",
    commit_author: "ada",
    language: "go",
    coverage: { percentage, linesCovered: null, linesValid: null, format: "cobertura" },
    reportId,
    reportIndex: "index.html",
    weight: { bytes: 100, files: 1 },
    ...rest,
  }, readConfig({}));
  return reportId;
}
