/** The numbers of badges. */
import type { Sql } from "postgres";
import { batched } from "./batched.ts";
import { inTime } from "./connect.ts";
import type { Branch } from "./coverages.ts";

/** The function that finds the percentage of a branch's active row, the one of `findActive`. */
export function createFindPercentage(sql: Sql): (branch: Branch) => Promise<number | undefined> {
  return batched(async (branches) => {
    const asked = branches.map(({ org_name, repo_name, branch_name, language }, place) => {
      return { org_name, repo_name, branch_name, language, place };
    });
    // As JSON, whose length the planner does not look at: with arrays it plans each time.
    const rows = await inTime(sql<{ percentage: number | null }[]>`
      select (
        select c.percentage from coverages c join repositories r on r.id = c.repository_id
        where lower(r.org_name) = lower(asked.org_name)
          and lower(r.repo_name) = lower(asked.repo_name)
          and c.branch_name = coalesce(asked.branch_name, r.main_branch)
          and (asked.language is null or c.language = asked.language)
          and c.newest and c.deleted_at is null
        order by c.id desc limit 1
      )::float8 as percentage
      from json_to_recordset(${JSON.stringify(asked)}::text::json) asked
        (org_name text, repo_name text, branch_name text, language text, place int)
      order by asked.place`);
    return rows.map(({ percentage }) => percentage ?? undefined);
  });
}
