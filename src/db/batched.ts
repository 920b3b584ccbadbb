/** Look-ups that many clients ask for at once, in one statement: badges, and lists of a repository. */
import { setImmediate } from "node:timers";
import type { Sql } from "postgres";
import type { CoverageRow, RepositoryName } from "../model/rows.ts";
import { inTime } from "./connect.ts";
import { activeOf, type Branch, columns } from "./coverages.ts";

/** Look-ups that share a statement, so that its answer is never large. */
const MOST = 20;

/**
 * Makes a look-up of one from a look-up of several, which answers in the order it was asked. What is
 * asked for in one turn of the event loop goes together: many clients at once then cost the database
 * and its connection little more than one. Nothing is kept for later.
 */
export function batched<Asked, Found>(
  findAll: (asked: readonly Asked[]) => Promise<readonly Found[]>,
): (asked: Asked) => Promise<Found> {
  interface Waiting extends PromiseWithResolvers<Found> {
    readonly asked: Asked;
  }
  let waiting: Waiting[] = [];
  const find = async () => {
    const batch = waiting;
    waiting = [];
    try {
      const found = await findAll(batch.map(({ asked }) => asked));
      for (const [at, { resolve }] of batch.entries()) resolve(found[at]!);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };
  return (asked) => {
    if (waiting.length === 0) setImmediate(() => waiting.length > 0 && find());
    const one = { asked, ...Promise.withResolvers<Found>() };
    waiting.push(one);
    if (waiting.length === MOST) void find();
    return one.promise;
  };
}

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

/** The function that finds the first `maxRows` active rows of a repository, oldest first. */
export function createFindActiveRows(
  sql: Sql,
  maxRows: number,
): (name: RepositoryName) => Promise<CoverageRow[]> {
  return batched(async (names) => {
    const asked = names.map(({ org_name, repo_name }, place) => ({ org_name, repo_name, place }));
    const rows = await inTime(sql<(CoverageRow & { place: number })[]>`
      select asked.place, ${columns(sql)}
      from json_to_recordset(${JSON.stringify(asked)}::text::json) asked
        (org_name text, repo_name text, place int)
      cross join lateral (
        select * from repositories r
        where lower(r.org_name) = lower(asked.org_name)
          and lower(r.repo_name) = lower(asked.repo_name)
        limit 1
      ) r
      cross join lateral (
        ${activeOf(sql, sql`id`, maxRows)}
      ) c
      order by asked.place, c.id`);
    const found: CoverageRow[][] = names.map(() => []);
    for (const { place, ...row } of rows) found[place]!.push(row);
    return found;
  });
}
