/**
 * The rows of repositories: found by their names, which are case-insensitive, tied to an identity, and
 * with the repository's line on the home page, so that a list of thousands reads nothing else.
 */
import type { Fragment, Sql, TransactionSql } from "postgres";
import { HttpError } from "../errors.ts";
import type { RepositoryName } from "../model/rows.ts";
import { inTime } from "./connect.ts";

/** Points of a trend on the home page. */
const TREND = 30;
/** Repositories summarised in one transaction. */
const BATCH = 200;

/** The condition that the row `r` of `repositories` has this name. */
export function named(
  sql: Sql | TransactionSql,
  { org_name, repo_name }: RepositoryName,
): Fragment {
  return sql`lower(r.org_name) = lower(${org_name}) and lower(r.repo_name) = lower(${repo_name})`;
}

export interface RepositoryFilter {
  readonly org_name?: string | undefined;
  readonly repo_name?: string | undefined;
  /** Substring of `org/repo`, case-insensitive. */
  readonly keyword?: string | undefined;
  /** In one of them: `org/repo`, `org/*` or `*`. Undefined: all. */
  readonly scopes?: readonly string[] | undefined;
}

/** The condition that the row `r` passes the filter. */
export function matching(
  sql: Sql,
  { org_name, repo_name, keyword, scopes = ["*"] }: RepositoryFilter,
): Fragment {
  const [org, repo] = [sql`lower(r.org_name)`, sql`lower(r.repo_name)`];
  const names = sql.array(scopes.map((scope) => scope.toLowerCase()));
  return sql`true
    ${org_name === undefined ? sql`` : sql`and ${org} = lower(${org_name})`}
    ${repo_name === undefined ? sql`` : sql`and ${repo} = lower(${repo_name})`}
    ${
    keyword === undefined
      ? sql``
      : sql`and position(lower(${keyword}) in lower(r.org_name || '/' || r.repo_name)) > 0`
  }
    ${
    scopes.includes("*")
      ? sql``
      : sql`and (${org} || '/*' = any(${names}) or ${org} || '/' || ${repo} = any(${names}))`
  }`;
}

/**
 * The id of a repository, which nobody can delete before the transaction ends; undefined where it is
 * unknown. Locked before its coverages are, so that uploads, syncs and deletions wait for each other.
 */
export async function findRepository(
  tx: TransactionSql,
  name: RepositoryName,
): Promise<string | undefined> {
  const [row] = await tx<{ id: string }[]>`
    select r.id from repositories r where ${named(tx, name)} for key share`;
  return row?.id;
}

/** The id of a repository, which is added where it is unknown. */
export async function findOrAddRepository(
  tx: TransactionSql,
  name: RepositoryName,
): Promise<string> {
  // It may be added by another transaction before it is added here, and deleted before it is found.
  while (true) {
    const known = await findRepository(tx, name);
    if (known !== undefined) return known;
    const [added] = await tx<{ id: string }[]>`
      insert into repositories (org_name, repo_name) values (${name.org_name}, ${name.repo_name})
      on conflict do nothing returning id`;
    if (added) return added.id;
  }
}

/**
 * Checks that a repository is the one of that identity: the address of a GitHub and, where the
 * credential has it, the repository's number there. The first upload that has either gives it to the
 * name. Throws 403 for another: neither a repository of another GitHub nor one that was renamed or made
 * again may upload under a name that belongs to another one, until an operator says so.
 */
export async function checkIdentity(
  sql: Sql | TransactionSql,
  name: RepositoryName,
  identity: string | undefined,
): Promise<void> {
  if (identity === undefined) return;
  const [github] = identity.split(" ");
  await inTime(sql`
    update repositories r set identity = ${identity}
    where ${named(sql, name)} and (identity is null or identity = ${github!})
      and identity is distinct from ${identity}`);
  // A statement of its own, which sees what another upload has set meanwhile.
  await refuseOther(sql, name, identity);
}

/** Throws 403 for a repository that is of another identity. */
export async function refuseOther(
  sql: Sql | TransactionSql,
  name: RepositoryName,
  identity: string,
): Promise<void> {
  const [github] = identity.split(" ");
  const [other] = await inTime(sql`
    select from repositories r
    where ${named(sql, name)} and identity <> ${identity}
      and (${identity !== github} or split_part(identity, ' ', 1) <> ${github!})`);
  if (!other) return;
  const repository = `${name.org_name}/${name.repo_name}`;
  throw new HttpError(
    403,
    `${repository} is not the repository that uploaded under this name before. An operator can ` +
      `allow it: \`deno task forget-identity ${repository}\`.`,
  );
}

/** Allows another repository to upload under that name; false where the name is unknown. */
export async function forgetIdentity(sql: Sql, name: RepositoryName): Promise<boolean> {
  const { count } = await inTime(sql`
    update repositories r set identity = null where ${named(sql, name)}`);
  return count > 0;
}

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
