/**
 * What each page shows, read in one statement.
 *
 * @module
 */
import type { Sql } from "postgres";
import type { CoverageRow, RepositoryName } from "../model/rows.ts";
import { inTime } from "./connect.ts";

/** The main branch's coverage in one language. */
export interface LanguageSummary {
  /** The language. */
  language: string;
  /** From 0 to 100. */
  percentage: number;
  /** Its report's first page. */
  report_index: string | null;
  /** Percentages of its last uploads, oldest first; the last one is `percentage`. */
  trend: number[];
}

/** A repository as a list shows it. */
export interface RepositorySummary extends RepositoryName {
  /** The branch that stands for it; null where none is active. */
  main_branch: string | null;
  /** The main branch's languages, the one with the most lines first; null where none is active. */
  languages: LanguageSummary[] | null;
  /** When something was last uploaded; null before its line was derived. */
  newest_at: Date | string | null;
}

/** Repositories of a page. A constant in the statement, so that its plan is made once. */
const PER_PAGE = 20;

/** What a list can be sorted by. */
export type SortKey = "newest" | "name" | "coverage";

/** What the home page shows. */
export interface HomeFilter {
  /** Only this account's. */
  org: string | undefined;
  /** Substring of `org/repo`, in any letter case. */
  keyword: string | undefined;
  /** The order. */
  sort: SortKey;
  /** Whether it is turned round. */
  descending: boolean;
  /** From 1. */
  page: number;
  /** The state of the database that is known already. */
  known: string | undefined;
}

/** A page of repositories, and the state of the database that it shows. */
export interface HomePage {
  /**
   * The transactions whose work is seen, since a start of the server: the same text stands for the
   * same rows. On a standby it does not, and is another each time.
   */
  snapshot: string;
  /** The repositories; nothing where the state is the known one. */
  repositories: RepositorySummary[] | undefined;
  /** Whether another page follows. */
  hasNext: boolean;
}

/** Reads a page of repositories, unless nothing was changed since the known state. */
export async function readHome(
  sql: Sql,
  { org, keyword, sort, descending, page, known = "" }: HomeFilter,
): Promise<HomePage> {
  // Each is an index, read from one of its ends.
  const order = {
    name: descending
      ? sql`lower(org_name) desc, lower(repo_name) desc`
      : sql`lower(org_name), lower(repo_name)`,
    coverage: descending
      ? sql`percentage desc nulls last, id desc`
      : sql`percentage asc nulls first, id`,
    newest: descending
      ? sql`newest_at desc nulls last, id desc`
      : sql`newest_at asc nulls first, id`,
  }[sort];
  const rows = await inTime(sql<(RepositorySummary & { snapshot: string })[]>`
    select now.snapshot, r.*
    from (
      select case when pg_is_in_recovery() then gen_random_uuid()::text
        else concat_ws(' ', pg_postmaster_start_time(), pg_current_snapshot()) end as snapshot
    ) now
    left join lateral (
      select org_name, repo_name, main_branch, languages, newest_at
      from repositories
      where now.snapshot <> ${known}
      ${org === undefined ? sql`` : sql`and lower(org_name) = lower(${org})`}
      ${
    keyword === undefined
      ? sql``
      : sql`and position(lower(${keyword}) in lower(org_name || '/' || repo_name)) > 0`
  }
      order by ${order}
      limit ${sql.unsafe(String(PER_PAGE + 1))}
      ${page === 1 ? sql`` : sql`offset ${(page - 1) * PER_PAGE}`}
    ) r on true`);
  const { snapshot } = rows[0]!;
  if (snapshot === known) return { snapshot, repositories: undefined, hasNext: false };
  const found = rows.filter(({ org_name }) => org_name !== null);
  return { snapshot, repositories: found.slice(0, PER_PAGE), hasNext: found.length > PER_PAGE };
}

/** An upload, as pages show it; times as Postgres writes them into JSON. */
export interface UploadLine extends
  Pick<
    CoverageRow,
    "id" | "branch_name" | "language" | "commit_hash" | "commit_author" | "percentage"
  > {
  /** When it was uploaded. */
  created_at: string;
  /** When it was superseded or deleted; null: active. */
  deleted_at: string | null;
  /** Its report's first page. */
  report_index: string | null;
  /** Whether its report is still there. */
  report_stored: boolean;
  /** The percentage of the upload before, of the same branch and language. */
  before: number | null;
  /** Whether it is the last one of its branch and language. */
  newest: boolean;
}

/** A point of a trend. */
export interface TrendPoint
  extends Pick<UploadLine, "branch_name" | "language" | "commit_hash" | "percentage"> {
  /** When it was uploaded. */
  created_at: string;
}

/** An author in the last uploads of a repository. */
export interface AuthorLine {
  /** The author. */
  commit_author: string;
  /** Of the author's last upload. */
  percentage: number;
  /** How many of the last uploads are the author's. */
  uploads: number;
  /** The sum of what these changed, in percentage points; null where none had one before it. */
  change: number | null;
}

/** Everything on a repository's page. */
export interface RepositoryPage {
  /** The repository. */
  repository: RepositorySummary;
  /** The last upload of each branch and language, active ones first, newest first. */
  branches: Omit<UploadLine, "before">[];
  /** The active branches uploaded last, without the main one. */
  bars: Pick<UploadLine, "branch_name" | "language" | "percentage">[];
  /** Every upload, newest first. */
  history: UploadLine[];
  /** The trends that are drawn, oldest point first. */
  trend: TrendPoint[];
  /** Branches that may be drawn, active ones first, newest first. */
  choices: string[];
  /** Authors of the last uploads, by their last one. */
  authors: AuthorLine[];
}

/** Branches drawn where the reader has not picked any, beside the main branch. */
const DRAWN = 4;
/** Branches that can be told apart in one drawing. */
export const MAX_PICKED = 6;
/** Trends of them: a branch has one in each of its languages. */
const MAX_TRENDS = 12;
/** Points of a trend; more would be drawn over each other. */
const TREND_POINTS = 100;
/** Branches offered to be drawn. */
const CHOICES = 50;
/** Bars of the chart of branches. */
const BARS = 12;
/** Uploads that the list of authors is made of, and its length. */
export const AUTHOR_UPLOADS = 500;
const AUTHORS = 12;

/** Reads a repository's page; nothing for one that was never uploaded. */
export async function readRepository(
  sql: Sql,
  { org_name, repo_name }: RepositoryName,
  { picked, branches, history }: {
    /** Branches to draw; none: the main branch and those uploaded last. */
    picked: readonly string[];
    /** Which rows of the table of branches. */
    branches: { limit: number; offset: number };
    /** Which rows of the history. */
    history: { limit: number; offset: number };
  },
): Promise<RepositoryPage | undefined> {
  const [row] = await inTime(sql<RepositoryPage[]>`
    select
      jsonb_build_object(
        'org_name', r.org_name, 'repo_name', r.repo_name, 'main_branch', r.main_branch,
        'languages', r.languages, 'newest_at', r.newest_at
      ) as repository,
      (
        select coalesce(jsonb_agg(b order by b.is_deleted, b.id desc), '[]') from (
          select id, branch_name, language, commit_hash, commit_author, percentage, created_at,
            deleted_at, deleted_at is not null as is_deleted, newest, report_index, report_stored
          from coverages c
          where c.repository_id = r.id and c.newest
          order by (c.deleted_at is not null), c.id desc
          limit ${branches.limit} offset ${branches.offset}
        ) b
      ) as branches,
      (
        select coalesce(jsonb_agg(b order by b.id desc), '[]') from (
          select id, branch_name, language, percentage from coverages c
          where c.repository_id = r.id and c.newest and c.deleted_at is null
            and c.branch_name is distinct from r.main_branch
          order by (c.deleted_at is not null), c.id desc limit ${BARS}::int
        ) b
      ) as bars,
      (
        select coalesce(jsonb_agg(h order by h.id desc), '[]') from (
          select c.*, ${before(sql)} as before
          from (
            select id, repository_id, branch_name, language, commit_hash, commit_author, percentage,
              created_at, deleted_at, newest, report_index, report_stored
            from coverages
            where repository_id = r.id
            order by id desc
            limit ${history.limit} offset ${history.offset}
          ) c
        ) h
      ) as history,
      (
        select coalesce(jsonb_agg(p order by d.place, p.id), '[]')
        from (
          select branch_name, language,
            row_number() over (order by branch_name = r.main_branch desc, id desc) as place
          from coverages c
          where c.repository_id = r.id and c.newest and c.branch_name = any(${
    picked.length > 0 ? sql`${sql.array([...picked])}::text[]` : sql`array(
              select branch_name from coverages l
              where l.repository_id = r.id and l.newest
              order by (l.deleted_at is not null), l.id desc limit ${DRAWN}::int
            ) || r.main_branch`
  })
          order by place limit ${MAX_TRENDS}::int
        ) d
        cross join lateral (
          select id, branch_name, language, commit_hash, percentage, created_at from coverages t
          where t.repository_id = r.id and t.branch_name = d.branch_name
            and t.language = d.language
          order by t.id desc limit ${TREND_POINTS}::int
        ) p
      ) as trend,
      (
        select coalesce(jsonb_agg(l.branch_name order by l.is_deleted, l.id desc), '[]') from (
          select id, branch_name, deleted_at is not null as is_deleted from coverages c
          where c.repository_id = r.id and c.newest
          order by (c.deleted_at is not null), c.id desc limit ${CHOICES}::int
        ) l
      ) as choices,
      (
        select coalesce(jsonb_agg(a order by a.last desc), '[]') from (
          select commit_author, (array_agg(percentage order by id desc))[1] as percentage,
            count(*) as uploads, sum(percentage - before) as change,
            max(id) as last
          from (
            select c.*, ${before(sql)} as before
            from (
              select id, repository_id, commit_author, branch_name, language, percentage
              from coverages
              where repository_id = r.id
              order by id desc limit ${AUTHOR_UPLOADS}::int
            ) c
          ) changes
          group by commit_author
          order by last desc limit ${AUTHORS}::int
        ) a
      ) as authors
    from repositories r
    where lower(r.org_name) = lower(${org_name}) and lower(r.repo_name) = lower(${repo_name})`);
  return row;
}

/** The percentage of the upload before `c`, of the same branch and language. */
const before = (sql: Sql) =>
  sql`(
    select p.percentage from coverages p
    where p.repository_id = c.repository_id and p.branch_name = c.branch_name
      and p.language = c.language and p.id < c.id
    order by p.id desc limit 1
  )`;

/** An upload with its repository. */
export type AuthoredUpload = UploadLine & RepositoryName;

/** Everything on an author's page. */
export interface AuthorPage {
  /** The uploads, newest first. */
  uploads: AuthoredUpload[];
  /** Points of the trends, oldest first. */
  trend: (TrendPoint & RepositoryName)[];
}

/** Uploads that an author's trends are made of. */
const AUTHOR_POINTS = 300;

/** Reads the page of an author in an organisation. */
export async function readAuthor(
  sql: Sql,
  { org, author, limit, offset }: { org: string; author: string; limit: number; offset: number },
): Promise<AuthorPage> {
  // The rows of an author in a repository are an index, read from its end; of each repository as
  // many as the page could need.
  const uploads = (most: number) =>
    sql`
      select c.*, r.org_name, r.repo_name
      from repositories r
      cross join lateral (
        select * from coverages l
        where l.commit_author = ${author} and l.repository_id = r.id
        order by l.id desc limit ${most}
      ) c
      where lower(r.org_name) = lower(${org})
      order by c.id desc`;
  const [row] = await inTime(sql<AuthorPage[]>`
    select
      (
        select coalesce(jsonb_agg(u order by u.id desc), '[]') from (
          select c.id, c.org_name, c.repo_name, c.branch_name, c.language, c.commit_hash,
            c.commit_author, c.percentage, c.created_at, c.deleted_at, c.newest, c.report_index,
            c.report_stored,
            ${before(sql)} as before
          from (${uploads(offset + limit)} limit ${limit} offset ${offset}) c
        ) u
      ) as uploads,
      (
        select coalesce(jsonb_agg(t order by t.id), '[]') from (
          select id, org_name, repo_name, branch_name, language, commit_hash, percentage, created_at
          from (${uploads(AUTHOR_POINTS)} limit ${AUTHOR_POINTS}) c
        ) t
      ) as trend`);
  return row!;
}
