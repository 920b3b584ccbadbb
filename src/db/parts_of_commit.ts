/** The parts of a commit's coverage that were uploaded so far. */
import type { Sql } from "postgres";
import type { CoverageRow, RepositoryName } from "../model/rows.ts";
import { inTime } from "./connect.ts";
import { named } from "./repository_names.ts";

/** Rows of a branch that are searched for the commit. */
const SEARCHED = 100;

export async function partsOfCommit(
  sql: Sql,
  { branch_name, language, commit_hash, ...name }:
    & RepositoryName
    & Pick<CoverageRow, "branch_name" | "language" | "commit_hash">,
): Promise<{ report_id: string; coverage_files: string[] }[]> {
  return await inTime(sql<{ report_id: string; coverage_files: string[] }[]>`
    select p.report_id, p.coverage_files from repositories r
    cross join lateral (
      select * from coverages c
      where c.repository_id = r.id and c.branch_name = ${branch_name} and c.language = ${language}
      order by c.id desc limit ${SEARCHED}
    ) recent
    join parts p on p.repository_id = r.id and p.coverage_id = recent.id
    where ${named(sql, name)} and recent.commit_hash = ${commit_hash} and recent.report_stored`);
}
