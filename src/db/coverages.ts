/**
 * The statements of uploads, syncs, lists and badges; those of pages are in `page_queries.ts`.
 *
 * @module
 */
import type { Sql, TransactionSql } from "postgres";
import type { Config } from "../config.ts";
import type { Coverage } from "../formats/coverage.ts";
import { inTime } from "./connect.ts";
import { HttpError, isDatabaseAway } from "../errors.ts";
import type { CoverageRow, ReportSize, RepositoryName } from "../model/rows.ts";
import { expireReports } from "./stored_reports.ts";
import { summarise } from "./repository_summary.ts";

/** What an upload adds. */
export interface NewCoverage extends
  Pick<
    CoverageRow,
    "branch_name" | "commit_hash" | "commit_author" | "language" | keyof RepositoryName
  > {
  /** The total of the coverage file. */
  coverage: Coverage;
  /** The published report's folder. */
  reportId: string;
  /** The page to lead readers to. */
  reportIndex: string | null;
  /** What the report's files are in all. */
  weight: ReportSize;
  /** Who the repository is to whoever vouches for it; nothing where that knows only its name. */
  identity?: string | undefined;
}

/** What an upload led to. */
export interface Added {
  /** Its row. */
  readonly row: CoverageRow;
  /** The active rows of its repository, this one included. */
  readonly active: CoverageRow[];
  /** The percentage of the upload before, of the same branch and language. */
  readonly before: number | undefined;
  /** Folders of reports that are no longer kept. */
  readonly expired: string[];
}

/** What the settings say of rows. */
export type RowSettings = Pick<Config, "defaultBranches" | "retention">;

/** A history is a trend's points; more would only be drawn over each other. */
export const MAX_HISTORY = 10_000;

/** The connection broke while a transaction committed: its rows may be there or not. */
export class UnknownOutcomeError extends Error {
  /** `UnknownOutcomeError`. */
  override readonly name = "UnknownOutcomeError";
}

type Reader = Sql | TransactionSql;

const columns = (sql: Reader) =>
  sql`
    c.id::float8 as id, r.org_name, r.repo_name, c.branch_name, c.commit_hash, c.commit_author,
    c.language, c.percentage::float8 as percentage, c.created_at, c.updated_at, c.lines_covered,
    c.lines_valid, c.format, c.report_id, c.report_index, c.deleted_at, c.report_stored`;

/**
 * Adds an upload's row in one transaction: it supersedes the active row of its branch and language.
 * Throws 403 for another repository of the same name, and {@linkcode UnknownOutcomeError}, after
 * `seconds` at the latest where those are given; after any other error, nothing was changed.
 */
export async function addCoverage(
  sql: Sql,
  upload: NewCoverage,
  { defaultBranches, retention }: RowSettings,
  seconds?: number,
): Promise<Added> {
  let committing = false;
  let givenUp = false;
  const transaction = sql.begin(async (tx) => {
    const repositoryId = await findOrAddRepository(tx, upload);
    // One upload of a branch and language at a time, also across servers; others go on meanwhile.
    const turn = `${repositoryId}/${upload.language}/${upload.branch_name}`;
    await tx`select pg_advisory_xact_lock(hashtextextended(${turn}, 0))`;
    const [superseded] = await tx<{ percentage: number }[]>`
      update coverages set newest = false,
        updated_at = case when deleted_at is null then clock_timestamp() else updated_at end,
        deleted_at = coalesce(deleted_at, clock_timestamp())
      where repository_id = ${repositoryId} and branch_name = ${upload.branch_name}
        and language = ${upload.language} and newest
      returning percentage::float8 as percentage`;
    const { coverage } = upload;
    const [added] = await tx<{ id: number }[]>`
      insert into coverages (
        repository_id, branch_name, commit_hash, commit_author, language, percentage,
        lines_covered, lines_valid, format, report_id, report_index, report_bytes, report_files
      ) values (
        ${repositoryId}, ${upload.branch_name}, ${upload.commit_hash}, ${upload.commit_author},
        ${upload.language}, ${coverage.percentage}, ${coverage.linesCovered},
        ${coverage.linesValid}, ${coverage.format}, ${upload.reportId}, ${upload.reportIndex},
        ${upload.weight.bytes}, ${upload.weight.files}
      )
      returning id::float8 as id`;
    await identify(tx, upload, upload.identity);
    await summarise(tx, [repositoryId], defaultBranches);
    const { branch_name, language } = upload;
    const expired = await expireReports(tx, retention, { repositoryId, branch_name, language });
    const active = await tx<CoverageRow[]>`
      select ${columns(tx)} from coverages c join repositories r on r.id = c.repository_id
      where c.repository_id = ${repositoryId} and c.deleted_at is null
      order by c.branch_name, c.language`;
    const row = active.find(({ id }) => id === added!.id)!;
    // Its client was told that it failed, and its report may be gone, when it gets its turn this late.
    if (givenUp) throw new Error("Nobody waits for this upload any more");
    committing = true;
    return { row, active, before: superseded?.percentage, expired };
  });
  let settled = false;
  transaction.catch(() => {}).finally(() => settled = true);
  return await inTime(transaction, seconds).catch((error) => {
    givenUp = true;
    // Without an answer the transaction may still go on, and commit, when the database does.
    throw (committing || !settled) && isDatabaseAway(error)
      ? new UnknownOutcomeError("The database went away during a commit", { cause: error })
      : error;
  });
}

async function findOrAddRepository(tx: TransactionSql, name: RepositoryName): Promise<string> {
  const find = () =>
    tx<{ id: string }[]>`
      select id from repositories
      where lower(org_name) = lower(${name.org_name}) and lower(repo_name) = lower(${name.repo_name})`;
  const [found] = await find();
  if (found) return found.id;
  await tx`
    insert into repositories (org_name, repo_name) values (${name.org_name}, ${name.repo_name})
    on conflict do nothing`;
  return (await find())[0]!.id;
}

/**
 * Makes sure that a repository is the one of that identity, which the first to say it gives to it.
 * Throws 403 where it has another: a repository that was renamed or made anew has no part in what
 * its name stood for before, until an operator says so.
 */
export async function identify(
  sql: Sql | TransactionSql,
  { org_name, repo_name }: RepositoryName,
  identity: string | undefined,
): Promise<void> {
  if (identity === undefined) return;
  await inTime(sql`
    update repositories set oidc_identity = ${identity}
    where lower(org_name) = lower(${org_name}) and lower(repo_name) = lower(${repo_name})
      and oidc_identity is null`);
  // A statement of its own, which sees what another upload has set meanwhile.
  const [other] = await inTime(sql`
    select from repositories
    where lower(org_name) = lower(${org_name}) and lower(repo_name) = lower(${repo_name})
      and oidc_identity <> ${identity}`);
  if (!other) return;
  throw new HttpError(
    403,
    `${org_name}/${repo_name} is another repository than the one that uploaded under this name ` +
      "before; an operator can let it go on by `deno task forget-identity " +
      `${org_name}/${repo_name}\`.`,
  );
}

/** Lets another repository go on under that name; false where there is none of it. */
export async function forgetIdentity(
  sql: Sql,
  { org_name, repo_name }: RepositoryName,
): Promise<boolean> {
  const { count } = await inTime(sql`
    update repositories set oidc_identity = null
    where lower(org_name) = lower(${org_name}) and lower(repo_name) = lower(${repo_name})`);
  return count > 0;
}

/** What a list shows. */
export interface ListFilter {
  /** Only this account's. */
  org_name?: string | undefined;
  /** Only repositories of this name. */
  repo_name?: string | undefined;
  /** Only this author's rows. */
  commit_author?: string | undefined;
  /** Substring of `org/repo`, in any letter case. */
  keyword?: string | undefined;
  /** Superseded and deleted rows as well, newest first, at most {@linkcode MAX_HISTORY} a repository. */
  full: boolean;
  /** From 1. */
  page: number;
  /** Repositories a page. */
  perPage: number;
}

/** A page of repositories in the order of their names, those without a matching row left out. */
export async function listCoverages(
  sql: Sql,
  filter: ListFilter,
): Promise<{ repositories: { name: string; rows: CoverageRow[] }[]; hasNext: boolean }> {
  const { org_name, repo_name, commit_author, keyword, full, page, perPage } = filter;
  const matching = sql`
    c.repository_id = r.id
    ${full ? sql`` : sql`and c.deleted_at is null`}
    ${commit_author === undefined ? sql`` : sql`and c.commit_author = ${commit_author}`}`;
  const rows = await inTime(sql<(CoverageRow & { place: number })[]>`
    with page as (
      select r.id, r.org_name, r.repo_name,
        row_number() over (order by lower(r.org_name), lower(r.repo_name))::int as place
      from repositories r
      where exists (select from coverages c where ${matching})
        ${org_name === undefined ? sql`` : sql`and lower(r.org_name) = lower(${org_name})`}
        ${repo_name === undefined ? sql`` : sql`and lower(r.repo_name) = lower(${repo_name})`}
        ${
    keyword === undefined
      ? sql``
      : sql`and position(lower(${keyword}) in lower(r.org_name || '/' || r.repo_name)) > 0`
  }
      order by place
      limit ${perPage + 1} offset ${(page - 1) * perPage}
    )
    select ${columns(sql)}, r.place
    from page r cross join lateral (
      select c.* from coverages c where ${matching}
      ${
    full ? sql`order by c.id desc limit ${MAX_HISTORY}` : sql`order by c.branch_name, c.language`
  }
    ) c
    order by r.place, ${full ? sql`c.id desc` : sql`c.branch_name, c.language`}`);
  const repositories = new Map<number, { name: string; rows: CoverageRow[] }>();
  for (const { place, ...row } of rows) {
    let repository = repositories.get(place);
    if (!repository) {
      repository = { name: `${row.org_name}/${row.repo_name}`, rows: [] };
      repositories.set(place, repository);
    }
    repository.rows.push(row);
  }
  const found = [...repositories.values()];
  return { repositories: found.slice(0, perPage), hasNext: found.length > perPage };
}

/** An upload of a branch and language whose report is still there, by its number. */
export async function findStored(
  sql: Sql,
  upload: RepositoryName & { branch_name: string; language: string; id: number },
): Promise<CoverageRow | undefined> {
  const [row] = await inTime(sql<CoverageRow[]>`
    select ${columns(sql)} from coverages c join repositories r on r.id = c.repository_id
    where c.id = ${upload.id} and c.report_stored
      and lower(r.org_name) = lower(${upload.org_name})
      and lower(r.repo_name) = lower(${upload.repo_name})
      and c.branch_name = ${upload.branch_name} and c.language = ${upload.language}`);
  return row;
}

/** The active row of a branch: of the language, or the newest of any. Nothing where there is none. */
export async function findActive(
  sql: Sql,
  branch: RepositoryName & { branch_name: string; language?: string | undefined },
): Promise<CoverageRow | undefined> {
  const [row] = await inTime(sql<CoverageRow[]>`
    select ${columns(sql)} from coverages c join repositories r on r.id = c.repository_id
    where lower(r.org_name) = lower(${branch.org_name})
      and lower(r.repo_name) = lower(${branch.repo_name})
      and c.branch_name = ${branch.branch_name} and c.deleted_at is null
      ${branch.language === undefined ? sql`` : sql`and c.language = ${branch.language}`}
    order by c.id desc limit 1`);
  return row;
}

/**
 * Marks every branch that is not named as deleted; returns how many of its rows were active, and the
 * reports that are no longer kept, or nothing for a repository that was never uploaded.
 */
export async function deleteOtherBranches(
  sql: Sql,
  { org_name, repo_name, active_branches }: RepositoryName & { active_branches: string[] },
  { defaultBranches, retention }: RowSettings,
): Promise<{ deleted: number; expired: string[] } | undefined> {
  return await inTime(sql.begin(async (tx) => {
    const [repository] = await tx<{ id: string }[]>`
      select id from repositories
      where lower(org_name) = lower(${org_name}) and lower(repo_name) = lower(${repo_name})`;
    if (!repository) return undefined;
    const { count: deleted } = await tx`
      update coverages set deleted_at = clock_timestamp(), updated_at = clock_timestamp()
      where repository_id = ${repository.id} and deleted_at is null
        and not branch_name = any(${tx.array(active_branches)})`;
    if (deleted === 0) return { deleted, expired: [] };
    await summarise(tx, [repository.id], defaultBranches);
    return {
      deleted,
      expired: await expireReports(tx, retention, { repositoryId: repository.id }),
    };
  }));
}

/** What tells this database from any other. */
export async function databaseIdentity(sql: Sql): Promise<string> {
  const [row] = await inTime(sql<{ id: string }[]>`select id from identity`);
  return row!.id;
}
