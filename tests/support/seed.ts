// Rows as uploads leave them, for tests that only read.
import type { Sql } from "postgres";
import { readConfig } from "../../src/config.ts";
import { addCoverage, type NewCoverage } from "../../src/db/add_coverage.ts";

/** The branches that stand for a repository by default. */
export const DEFAULT_BRANCHES = readConfig({}).defaultBranches;

/** What differs from the upload that a test does not describe. */
export type Seed = Partial<NewCoverage> & { percentage?: number };

/** An upload, as its row is added. */
export function newCoverage({ percentage = 50, ...rest }: Seed = {}): NewCoverage {
  return {
    org_name: "acme",
    repo_name: "shop",
    branch_name: "main",
    commit_hash: "0123456789",
    commit_author: "ada",
    language: "go",
    coverage: { percentage, linesCovered: null, linesValid: null, format: "cobertura" },
    reportId: crypto.randomUUID(),
    reportIndex: "index.html",
    coverageFiles: ["coverage.xml"],
    unite: ([part]) =>
      Promise.resolve({ coverage: part!.coverage, patch: null, patch_reason: null }),
    identity: undefined,
    size: { bytes: 100, files: 1 },
    ...rest,
  };
}

/** Adds an upload's row, without a report on disk; returns the report's id. */
export async function seed(sql: Sql, upload: Seed = {}): Promise<string> {
  const added = newCoverage(upload);
  await addCoverage(sql, added, readConfig({}));
  return added.reportId;
}

/** Adds an upload to so many other branches of every repository: `<prefix>1`, `<prefix>2` … */
export async function seedBranches(
  sql: Sql,
  count: number,
  { prefix = "b", author = "ada" } = {},
): Promise<void> {
  await sql`
    insert into coverages (repository_id, branch_name, commit_hash, commit_author, language,
      percentage, format, report_id, report_bytes, report_files)
    select id, ${prefix} || n, '0123456789', ${author}, 'go', n % 101, 'cobertura',
      gen_random_uuid(), 1, 1
    from repositories, generate_series(1, ${count}::int) n`;
}
