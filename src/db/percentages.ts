/**
 * The numbers of badges.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import type { Sql } from "postgres";
import type { Branch } from "./coverages.ts";
import { inTime } from "./connect.ts";

interface Lookup extends PromiseWithResolvers<number | undefined> {
  readonly branch: Branch;
}

/**
 * The function that finds the percentage of a branch's active row, the one that `findActive` finds.
 * Requests that come together share a statement: a page of badges, or many clients at once, cost the
 * database and the connection little more than one.
 */
export function createFindPercentage(sql: Sql): (branch: Branch) => Promise<number | undefined> {
  let waiting: Lookup[] = [];
  const lookUp = async () => {
    const lookups = waiting;
    waiting = [];
    try {
      const rows = await inTime(read(sql, lookups.map(({ branch }) => branch)));
      for (const [at, { resolve }] of lookups.entries()) {
        resolve(rows[at]!.percentage ?? undefined);
      }
    } catch (error) {
      for (const { reject } of lookups) reject(error);
    }
  };
  return (branch) => {
    // In the same turn of the event loop.
    if (waiting.length === 0) setImmediate(lookUp);
    const lookup = { branch, ...Promise.withResolvers<number | undefined>() };
    waiting.push(lookup);
    return lookup.promise;
  };
}

/** One row for each branch, in their order. */
async function read(
  sql: Sql,
  branches: readonly Branch[],
): Promise<{ percentage: number | null }[]> {
  const column = (name: keyof Branch) => sql.array(branches.map((branch) => branch[name] ?? null));
  return await sql<{ percentage: number | null }[]>`
    select (
      select c.percentage from coverages c join repositories r on r.id = c.repository_id
      where lower(r.org_name) = lower(asked.org_name)
        and lower(r.repo_name) = lower(asked.repo_name)
        and c.branch_name = coalesce(asked.branch_name, r.main_branch)
        and (asked.language is null or c.language = asked.language)
        and c.newest and c.deleted_at is null
      order by c.id desc limit 1
    )::float8 as percentage
    from unnest(
      ${column("org_name")}::text[], ${column("repo_name")}::text[],
      ${column("branch_name")}::text[], ${column("language")}::text[]
    ) with ordinality asked (org_name, repo_name, branch_name, language, place)
    order by asked.place`;
}
