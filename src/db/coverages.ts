/**
 * The statements of syncs, lists and badges; those of uploads are in `add_coverage.ts`, those of
 * pages in `page_queries.ts`.
 */
import type { Fragment, Sql, TransactionSql } from "postgres";
import type { Config } from "../config.ts";
import type { CoverageRow, RepositoryName } from "../model/rows.ts";
import { inTime } from "./connect.ts";
import { expireReports, isQueued } from "./stored_reports.ts";
import {
  findRepository,
  matching,
  named,
  type RepositoryFilter,
  summarise,
} from "./repositories.ts";

export type RowSettings = Pick<Config, "defaultBranches" | "retention">;

/** The columns of a `CoverageRow`. */
export const columns = (sql: Sql | TransactionSql) =>
  sql`
    c.id::float8 as id, r.org_name, r.repo_name, c.branch_name, c.commit_hash, c.commit_author,
    c.language, c.percentage::float8 as percentage, c.created_at, c.updated_at, c.lines_covered,
    c.lines_valid, c.patch_percentage::float8 as patch_percentage, c.format, c.report_id,
    c.report_index, c.coverage_files, c.deleted_at, c.report_stored`;

/** Every active row of a repository, oldest first. */
export async function activeRows(
  sql: Sql | TransactionSql,
  repositoryId: string,
): Promise<CoverageRow[]> {
  return await sql<CoverageRow[]>`
    select ${columns(sql)}
    from repositories r join coverages c on c.repository_id = r.id
    where r.id = ${repositoryId} and c.newest and c.deleted_at is null
    order by c.id`;
}

/**
 * The first active rows of the repository `r` in an order of ids, of those that also meet a condition.
 * Branches and other refs are two ends of an index, each of which has its rows in that order.
 */
export function activeOf(
  sql: Sql | TransactionSql,
  order: Fragment,
  limit: number,
  condition: Fragment = sql`true`,
): Fragment {
  return sql`
    select c.* from (values (true), (false)) kind (is_branch)
    cross join lateral (
      select * from coverages c
      where c.repository_id = r.id and c.newest and c.is_branch = kind.is_branch
        and c.deleted_at is null and ${condition}
      order by ${order} limit ${limit}
    ) c
    order by ${order} limit ${limit}`;
}

export interface ListFilter extends RepositoryFilter {
  /** Only this author's rows. */
  readonly commit_author?: string | undefined;
  /** Superseded and deleted rows as well. */
  readonly full: boolean;
}

/**
 * The rows of repositories in the order of their names, those without a matching row left out, each
 * repository's oldest first. Its cost is that of `maxRows`, whatever there is. The statement ends in
 * the database, too, when the signal aborts.
 */
export async function listCoverages(
  sql: Sql,
  filter: ListFilter,
  { offset, after, maxRepositories, maxRows }: {
    /** Repositories to skip. */
    offset: number;
    /** Begin behind this row; its repository is the first, with the rows that it still has. */
    after: (RepositoryName & Pick<CoverageRow, "id">) | undefined;
    maxRepositories: number;
    maxRows: number;
  },
  signal?: AbortSignal,
): Promise<CoverageRow[]> {
  const { commit_author, full } = filter;
  const isByAuthor = commit_author === undefined
    ? sql`true`
    : sql`c.commit_author = ${commit_author}`;
  const name = sql`(lower(r.org_name), lower(r.repo_name))`;
  const place = after && sql`(lower(${after.org_name}), lower(${after.repo_name}))`;
  // What comes after it is read from there.
  const rest = after && place
    ? sql`${isByAuthor} and c.id > case when ${name} = ${place} then ${after.id}::bigint else 0 end`
    : isByAuthor;
  // A repository with a main branch has an active row, and one without rows is deleted: only for some
  // are rows looked for, each by itself, which the offset says.
  const isKnown = commit_author !== undefined
    ? sql`false`
    : full
    ? sql`true`
    : sql`r.main_branch is not null`;
  const hasRows = sql`(${isKnown} or exists (
    select from coverages c where c.repository_id = r.id and ${isByAuthor}
      ${full ? sql`` : sql`and c.newest and c.deleted_at is null`}
    offset 0
  ))`;
  const isListed = sql`${hasRows} and ${matching(sql, filter)}
    ${place ? sql`and ${name} >= ${place}` : sql``}`;
  // The part is cut from the index of names; only its repositories are looked at.
  const query = sql<CoverageRow[]>`
    select ${columns(sql)}
    from (
      select r.* from repositories r where ${isListed}
      order by lower(r.org_name), lower(r.repo_name)
      limit ${maxRepositories} offset ${offset}
    ) r
    cross join lateral (
      ${
    full
      ? sql`
        select * from coverages c where c.repository_id = r.id and ${rest}
        order by c.id limit ${maxRows}`
      : activeOf(sql, sql`id`, maxRows, rest)
  }
    ) c
    order by lower(r.org_name), lower(r.repo_name), c.id
    limit ${maxRows}`;
  const cancel = () => query.cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  return await inTime(query).finally(() => signal?.removeEventListener("abort", cancel));
}

async function find(
  sql: Sql,
  condition: Fragment,
  limit = 1,
): Promise<CoverageRow[]> {
  return await inTime(sql<CoverageRow[]>`
    select ${columns(sql)} from coverages c join repositories r on r.id = c.repository_id
    where ${condition} order by c.id desc limit ${limit}`);
}

/** An upload of the repository, whether or not its report is still stored. */
export async function findUpload(
  sql: Sql,
  { id, ...name }: RepositoryName & { id: number },
): Promise<CoverageRow | undefined> {
  return (await find(sql, sql`c.id = ${id} and ${named(sql, name)}`))[0];
}

/** The upload whose report had this id and is no longer stored. */
export async function findGone(sql: Sql, reportId: string): Promise<CoverageRow | undefined> {
  return (await find(sql, sql`c.report_id = ${reportId} and not c.report_stored`))[0];
}

/** A part of an upload, as an upload with that part's number and report. */
export async function findPart(
  sql: Sql,
  { id, part, ...name }: RepositoryName & { id: number; part: string },
): Promise<CoverageRow & { part: string } | undefined> {
  const [row] = await inTime(sql<(CoverageRow & { part: string })[]>`
    select ${
    columns(sql)
  }, p.part, p.percentage::float8 as percentage, p.report_id, p.report_index, true as report_stored
    from coverages c join repositories r on r.id = c.repository_id
    join parts p on p.repository_id = r.id and p.coverage_id = c.id and p.part = ${part}
    where c.id = ${id} and ${named(sql, name)}`);
  return row;
}

/** A branch, by default the main one, in a language, by default any. */
export interface Branch extends RepositoryName {
  readonly branch_name?: string | undefined;
  readonly language?: string | undefined;
}

/** The active row of a branch, by default the main one: of the language, or the newest of any. */
export async function findActive(sql: Sql, branch: Branch): Promise<CoverageRow | undefined> {
  return (await findActiveLanguages(sql, branch, 1))[0];
}

/** The active rows of a branch, one for each language, newest first. */
export async function findActiveLanguages(
  sql: Sql,
  branch: Branch,
  limit: number,
): Promise<CoverageRow[]> {
  const { branch_name, language } = branch;
  const condition = sql`${named(sql, branch)} and c.newest and c.deleted_at is null
    and c.branch_name = ${branch_name ?? sql`r.main_branch`}
    ${language === undefined ? sql`` : sql`and c.language = ${language}`}`;
  return await find(sql, condition, limit);
}

/**
 * Marks every branch that is not named as deleted, also those of a merge queue. Returns how many rows
 * were active and the reports that are no longer retained; undefined for a repository without uploads.
 */
export async function deleteOtherBranches(
  sql: Sql,
  { active_branches, ...name }: RepositoryName & { active_branches: string[] },
  { defaultBranches, retention }: RowSettings,
): Promise<{ deleted: number; expired: string[] } | undefined> {
  return await inTime(sql.begin(async (tx) => {
    const repositoryId = await findRepository(tx, name);
    if (repositoryId === undefined) return undefined;
    const { count: deleted } = await tx`
      update coverages set deleted_at = clock_timestamp(), updated_at = clock_timestamp()
      where repository_id = ${repositoryId} and newest and deleted_at is null
        and not branch_name = any(${tx.array(active_branches)})
        -- Pull requests and tags are in no list of branches.
        and (is_branch or ${isQueued(tx)})`;
    if (deleted === 0) return { deleted, expired: [] };
    await summarise(tx, [repositoryId], defaultBranches);
    return { deleted, expired: await expireReports(tx, retention, { repositoryId }) };
  }));
}

/** What tells this database from any other. */
export async function databaseIdentity(sql: Sql): Promise<string> {
  const [row] = await inTime(sql<{ id: string }[]>`select id from identity`);
  if (!row) throw new Error("The table identity is empty");
  return row.id;
}
