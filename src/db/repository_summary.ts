/**
 * A repository's line on the home page, stored in its row, so that a list of thousands reads nothing
 * else.
 */
import type { Sql, TransactionSql } from "postgres";
import { inTime } from "./connect.ts";

/** Points of a trend on the home page. */
const TREND = 30;
/** Repositories summarised in one transaction. */
const BATCH = 200;

/**
 * Summarises repositories in the transaction that changed their coverages.
 * The main branch is the first of `defaultBranches` that is active, else the one uploaded last.
 */
export async function summarise(
  tx: TransactionSql,
  repositoryIds: readonly string[],
  defaultBranches: readonly string[],
): Promise<void> {
  const ids = tx.array([...repositoryIds]);
  const branches = tx.array([...defaultBranches]);
  // One at a time, so that the last to commit has seen what the others have added. Not a lock of
  // the key, which each of them holds already by its new row's reference.
  await tx`
    select from repositories where id = any(${ids}::bigint[])
    order by id for no key update`;
  await tx`
    update repositories r set
      default_branches = ${branches}::text[],
      main_branch = main.branch_name,
      percentage = (main.languages -> 0 -> 'percentage')::numeric,
      languages = coalesce(main.languages, '[]'),
      newest_at = coalesce(
        (
          select c.created_at from coverages c
          where c.repository_id = r.id order by c.id desc limit 1
        ),
        r.newest_at
      )
    from repositories same -- what is joined sideways may not refer to the row being updated
    left join lateral (
      select c.branch_name, jsonb_agg(
        jsonb_build_object(
          'id', c.id,
          'language', c.language,
          'percentage', c.percentage,
          'report_index', c.report_index,
          'trend', (
            select jsonb_agg(t.percentage order by t.id)
            from (
              select t.id, t.percentage from coverages t
              where t.repository_id = c.repository_id and t.branch_name = c.branch_name
                and t.language = c.language
              order by t.id desc limit ${TREND}::int
            ) t
          )
        ) order by c.lines_valid desc nulls last, c.language
      ) as languages
      from coverages c
      where c.repository_id = same.id and c.newest and c.deleted_at is null
        and c.branch_name = coalesce(
        (
          select d.branch_name from unnest(${branches}::text[]) with ordinality d (branch_name, place)
          where exists (
            select from coverages e
            where e.repository_id = same.id and e.branch_name = d.branch_name
              and e.newest and e.deleted_at is null and e.is_branch
          )
          order by d.place limit 1
        ),
        (
          select last.branch_name from (
            select e.branch_name, e.deleted_at from coverages e
            where e.repository_id = same.id and e.newest and e.is_branch
            order by (e.deleted_at is null) desc, e.id desc limit 1
          ) last
          where last.deleted_at is null
        )
      )
      group by c.branch_name
    ) main on true
    where same.id = r.id and same.id = any(${ids}::bigint[]) and r.id = any(${ids}::bigint[])`;
}

/** The main branch's coverage of the repositories uploaded last, each language by itself. */
export async function readPercentages(sql: Sql, repositories: number) {
  return await inTime(sql<
    { repository: string; branch: string; language: string; percentage: number }[]
  >`
    select r.org_name || '/' || r.repo_name as repository, r.main_branch as branch,
      l.language, l.percentage
    from (
      select * from repositories order by newest_at desc, id desc limit ${repositories}
    ) r
    cross join jsonb_to_recordset(r.languages) l (language text, percentage float8)
    order by r.newest_at desc, r.id desc, l.language`);
}

/** Summarises the repositories that were summarised by other `defaultBranches`; returns how many. */
export async function summariseAll(sql: Sql, defaultBranches: readonly string[]): Promise<number> {
  let last = "0", count = 0;
  while (true) {
    const ids = await sql.begin(async (tx) => {
      const rows = await tx<{ id: string }[]>`
        select id from repositories
        where id > ${last} and default_branches is distinct from ${tx.array([...defaultBranches])}
        order by id limit ${BATCH}`;
      const ids = rows.map(({ id }) => id);
      if (ids.length > 0) await summarise(tx, ids, defaultBranches);
      return ids;
    });
    if (ids.length === 0) return count;
    count += ids.length;
    last = ids.at(-1)!;
  }
}
