/**
 * The branches of forks: the Action names them by their pull request, and no list of a repository's
 * branches has them.
 *
 * @module
 */
import type { Sql } from "postgres";
import { withoutTimeout } from "./connect.ts";
import { summarise } from "./repository_summary.ts";

export const PULL_BRANCH = "^pull/[0-9]+/head$";

/** Days without an upload after which a pull request counts as closed. */
const OPEN_DAYS = 90;

/** Marks those without a recent upload as deleted; returns how many rows were active. */
export async function deleteOldPullBranches(
  sql: Sql,
  defaultBranches: readonly string[],
): Promise<number> {
  return await withoutTimeout(sql, async (tx) => {
    const rows = await tx<{ id: string }[]>`
      update coverages c set deleted_at = clock_timestamp(), updated_at = clock_timestamp()
      where c.newest and c.deleted_at is null and c.branch_name ~ ${PULL_BRANCH}
        and not exists (
          select from coverages other
          where other.repository_id = c.repository_id and other.branch_name = c.branch_name
            and other.created_at > clock_timestamp() - ${OPEN_DAYS}::int * interval '1 day'
        )
      returning c.repository_id as id`;
    const repositories = [...new Set(rows.map(({ id }) => id))];
    if (repositories.length > 0) await summarise(tx, repositories, defaultBranches);
    return rows.length;
  });
}
