/** What each page shows, read in one statement. */
import type { Sql } from "postgres";
import type { CoverageRow, RepositoryName } from "../model/rows.ts";
import { inTime } from "./connect.ts";
import { matching, named, type RepositoryFilter } from "./repositories.ts";

/** The main branch's coverage in one language. */
export interface LanguageSummary {
  id: number;
  language: string;
  percentage: number;
  report_index: string | null;
  /** Percentages of its last uploads, oldest first; the last one is `percentage`. */
  trend: number[];
}

export interface RepositorySummary extends RepositoryName {
  /** Null where no branch is active. */
  main_branch: string | null;
  /** The main branch's languages, the one with the most lines first; empty where none is active. */
  languages: LanguageSummary[];
  /** When something was last uploaded, to any branch. */
  newest_at: Date | string;
}

/** Repositories on a page; a constant in the statement, so that its plan is reused. */
const PER_PAGE = 20;

export type SortKey = "newest" | "name" | "coverage";

export async function readHome(
  sql: Sql,
  { sort, descending, page, ...filter }: Omit<RepositoryFilter, "repo_name"> & {
    sort: SortKey;
    descending: boolean;
    /** From 1. */
    page: number;
  },
): Promise<{ repositories: RepositorySummary[]; hasNext: boolean }> {
  // Each is an index, read from one of its ends.
  const order = {
    name: descending
      ? sql`lower(org_name) desc, lower(repo_name) desc`
      : sql`lower(org_name), lower(repo_name)`,
    coverage: descending
      ? sql`percentage desc nulls last, id desc`
      : sql`percentage asc nulls first, id`,
    newest: descending ? sql`newest_at desc, id desc` : sql`newest_at, id`,
  }[sort];
  const rows = await inTime(sql<RepositorySummary[]>`
    select org_name, repo_name, main_branch, languages, newest_at
    from repositories r
    where ${matching(sql, filter)}
    order by ${order}
    limit ${sql.unsafe(String(PER_PAGE + 1))}
    ${page === 1 ? sql`` : sql`offset ${(page - 1) * PER_PAGE}`}`);
  return { repositories: rows.slice(0, PER_PAGE), hasNext: rows.length > PER_PAGE };
}

/** An upload, as pages show it; times as Postgres writes them into JSON. */
export interface UploadLine extends
  Pick<
    CoverageRow,
    | "id"
    | "branch_name"
    | "language"
    | "commit_hash"
    | "commit_author"
    | "percentage"
    | "patch_percentage"
  > {
  created_at: string;
  /** When it was superseded or its branch deleted; null: active. */
  deleted_at: string | null;
  report_index: string | null;
  report_stored: boolean;
  /** The percentage of the previous upload of the same branch and language. */
  before: number | null;
  /** Whether it is the newest of its branch and language. */
  newest: boolean;
}

export interface TrendPoint
  extends Pick<UploadLine, "id" | "branch_name" | "language" | "commit_hash" | "percentage"> {
  created_at: string;
}

interface AuthorLine {
  commit_author: string;
  /** Of the author's newest upload. */
  percentage: number;
  /** How many of the repository's newest uploads are the author's. */
  uploads: number;
  /** The sum of their changes, in percentage points; null where none has a previous upload. */
  change: number | null;
}

export interface RepositoryPage {
  repository: RepositorySummary;
  /** The main branch's active uploads, the one with the most lines first. */
  main: (UploadLine & Pick<CoverageRow, "lines_covered" | "lines_valid">)[];
  /** The newest upload of each other branch and language, active ones first, newest first. */
  branches: Omit<UploadLine, "before">[];
  /** Whether there are pull requests, tags or merge queues. */
  has_refs: boolean;
  history: UploadLine[];
  /** The trends of the chart, oldest point first. */
  trend: TrendPoint[];
  /** Branches to choose from for the chart, active ones first, newest first. */
  choices: string[];
  authors: AuthorLine[];
}

/** Branches in the chart beside the main branch, where the reader has not chosen any. */
const DEFAULT_TRENDS = 4;
/** Branches whose lines a reader can tell apart. */
export const MAX_CHOSEN = 6;
/** A branch has one trend per language. */
const MAX_TRENDS = 12;
/** Points of a trend; more would overlap. */
const TREND_POINTS = 100;
const CHOICES = 50;
/** Uploads that the list of authors covers, and its length. */
export const AUTHOR_UPLOADS = 500;
const AUTHORS = 12;

/** Undefined for a repository without uploads. */
export async function readRepository(
  sql: Sql,
  name: RepositoryName,
  { chosen, keyword, refs, branches, history }: {
    /** Branches for the chart; none: the main branch and the ones uploaded last. */
    chosen: readonly string[];
    /** Substring of the names of the listed branches, case-insensitive. */
    keyword: string | undefined;
    /** Lists pull requests, tags and merge queues instead of branches. */
    refs: boolean;
    branches: { limit: number; offset: number };
    history: { limit: number; offset: number };
  },
): Promise<RepositoryPage | undefined> {
  const matches = keyword === undefined
    ? sql``
    : sql`and position(lower(${keyword}) in lower(c.branch_name)) > 0`;
  const [row] = await inTime(sql<RepositoryPage[]>`
    select
      jsonb_build_object(
        'org_name', r.org_name, 'repo_name', r.repo_name, 'main_branch', r.main_branch,
        'languages', r.languages, 'newest_at', r.newest_at
      ) as repository,
      (
        select coalesce(jsonb_agg(m order by m.lines_valid desc nulls last, m.language), '[]') from (
          select ${shown(sql)}, lines_covered, lines_valid, ${before(sql)} as before
          from coverages c
          where c.repository_id = r.id and c.branch_name = r.main_branch
            and c.newest and c.deleted_at is null
        ) m
      ) as main,
      (
        select coalesce(jsonb_agg(b order by b.deleted_at is not null, b.id desc), '[]') from (
          select ${shown(sql)} from coverages c
          where c.repository_id = r.id and c.newest and c.is_branch = ${!refs}
            and c.branch_name is distinct from r.main_branch ${matches}
          order by (c.deleted_at is null) desc, c.id desc
          limit ${branches.limit} offset ${branches.offset}
        ) b
      ) as branches,
      exists (
        select from coverages c where c.repository_id = r.id and c.newest and not c.is_branch
      ) as has_refs,
      (
        select coalesce(jsonb_agg(h order by h.id desc), '[]') from (
          select ${shown(sql)}, ${before(sql)} as before from (
            select * from coverages
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
          from (
            select distinct unnest(${
    chosen.length > 0 ? sql`${sql.array([...chosen])}::text[]` : sql`array(
                select branch_name from coverages l
                where l.repository_id = r.id and l.newest and l.is_branch
                order by (l.deleted_at is null) desc, l.id desc limit ${DEFAULT_TRENDS}::int
              ) || r.main_branch`
  }) as name
          ) chosen
          -- One by one: together they are searched for among all branches.
          cross join lateral (
            select branch_name, language, id from coverages c
            where c.repository_id = r.id and c.newest and c.branch_name = chosen.name
            order by id desc limit ${MAX_TRENDS}::int
          ) c
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
          where c.repository_id = r.id and c.newest and c.is_branch ${matches}
          order by (c.deleted_at is null) desc, c.id desc limit ${CHOICES}::int
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
    where ${named(sql, name)}`);
  return row;
}

/** The columns of `c` that an {@linkcode UploadLine} has. */
const shown = (sql: Sql) =>
  sql`c.id, c.branch_name, c.language, c.commit_hash, c.commit_author, c.percentage, c.patch_percentage,
    c.created_at, c.deleted_at, c.report_index, c.report_stored, c.newest`;

/** The percentage of the upload before `c`, of the same branch and language. */
const before = (sql: Sql) =>
  sql`(
    select p.percentage from coverages p
    where p.repository_id = c.repository_id and p.branch_name = c.branch_name
      and p.language = c.language and p.id < c.id
    order by p.id desc limit 1
  )`;

interface AuthorPage {
  /** Newest first. */
  uploads: (UploadLine & RepositoryName)[];
  /** Oldest first. */
  trend: (TrendPoint & RepositoryName)[];
}

/** Uploads that an author's trends are made of. */
const AUTHOR_POINTS = 300;

/** What an author uploaded in an organisation. */
export async function readAuthor(
  sql: Sql,
  { org, author, limit, offset }: { org: string; author: string; limit: number; offset: number },
): Promise<AuthorPage> {
  // The rows of an author in a repository are an index, read from its end; of each repository as
  // many as the page could need. Ids of several repositories are in no order after an import.
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
      order by c.created_at desc, c.id desc`;
  const [row] = await inTime(sql<AuthorPage[]>`
    select
      (
        select coalesce(jsonb_agg(u order by u.created_at desc, u.id desc), '[]') from (
          select c.org_name, c.repo_name, ${shown(sql)}, ${before(sql)} as before
          from (${uploads(offset + limit)} limit ${limit} offset ${offset}) c
        ) u
      ) as uploads,
      (
        select coalesce(jsonb_agg(t order by t.created_at, t.id), '[]') from (
          select id, org_name, repo_name, branch_name, language, commit_hash, percentage, created_at
          from (${uploads(AUTHOR_POINTS)} limit ${AUTHOR_POINTS}) c
        ) t
      ) as trend`);
  return row!;
}
