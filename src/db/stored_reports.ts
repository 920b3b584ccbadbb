/**
 * Which reports are retained: the newest of each branch and language always, older ones as the
 * settings say. The row of an upload outlives its report, so that trends keep their numbers.
 */
import type { Fragment, Sql, TransactionSql } from "postgres";
import type { Retention } from "../config.ts";
import { withoutTimeout } from "./connect.ts";

/** Why a report is removed: too many newer ones, its branch was deleted, no room. */
export type Reason = "superseded" | "deleted" | "space";

/** A report that is stored, and why it is to be removed; null: it is retained. */
export interface StoredReport {
  readonly report_id: string;
  readonly bytes: number;
  readonly reason: Reason | null;
  /** The reports of its parts. */
  readonly parts: readonly string[];
}

/** A repository, or a branch and language of it. */
interface Scope {
  readonly repositoryId: string;
  /** Default: all. */
  readonly branch_name?: string;
  /** Default: all. */
  readonly language?: string;
}

/** Reports that are read at a time; more where a branch and language has more. */
const PAGE = 200;

/**
 * Every stored report, a page at a time, each page in a statement of its own: whole branches and
 * languages, in the order of an index. {@linkcode findNewestOver} finds `newestOver`.
 */
export async function* listStored(
  sql: Sql | TransactionSql,
  retention: Retention,
  newestOver: Superseded | undefined,
): AsyncGenerator<StoredReport[]> {
  const { deleted_at = null, id = null } = newestOver ?? {};
  let place = { repository_id: "0", branch_name: "", language: "" };
  while (true) {
    const page = sql`
      select * from coverages
      where report_stored and (repository_id, branch_name, language)
        > (${place.repository_id}, ${place.branch_name}, ${place.language})
      order by repository_id, branch_name, language
      fetch first ${sql.unsafe(`${PAGE}`)} rows with ties`;
    const rows = await sql<(StoredReport & typeof place)[]>`
      select report_id, report_bytes::float8 as bytes, repository_id, branch_name, language,
        coalesce(
          reason,
          case when (deleted_at, id) <= (${deleted_at}::text::timestamptz, ${id}::bigint) then 'space' end
        ) as reason,
        array(
          select p.report_id from parts p
          where p.repository_id = s.repository_id and p.coverage_id = s.id
        ) as parts
      from (${withReasons(sql, retention, page)}) s
      order by repository_id, branch_name, language`;
    if (rows.length > 0) yield rows;
    if (rows.length < PAGE) return;
    place = rows.at(-1)!;
  }
}

/** An upload among the superseded ones, which are removed in this order where there is no room. */
export interface Superseded {
  /** As the database writes it: a `Date` has no microseconds. */
  readonly deleted_at: string;
  readonly id: string;
}

/**
 * The last one of the superseded reports to remove, from the oldest on, so that those of everything
 * that is retained have at most `maxStoredBytes`; undefined where there is room.
 */
export async function findNewestOver(
  sql: Sql | TransactionSql,
  retention: Retention,
): Promise<Superseded | undefined> {
  const { maxStoredBytes } = retention;
  if (maxStoredBytes === undefined) return undefined;
  const all = sql`select * from coverages where report_stored`;
  const [row] = await sql<Superseded[]>`
    select deleted_at::text as deleted_at, id from (
      select id, deleted_at,
        -- What is stored when all that are older than this one are removed.
        sum(report_bytes) over (order by deleted_at desc nulls first, id desc) as bytes_from_here
      from (${withReasons(sql, retention, all)}) s
      where reason is null
    ) retained
    where deleted_at is not null and bytes_from_here > ${maxStoredBytes}::bigint
    order by deleted_at desc, id desc limit 1`;
  return row;
}

/** Rows of stored reports, all those of their branches and languages, each with its reason. */
function withReasons(
  sql: Sql | TransactionSql,
  { keepSuperseded, keepDeletedDays }: Retention,
  stored: Fragment,
): Fragment {
  // The active report of a branch is always stored, so a branch without one was deleted, and the
  // first of those stored is the active one or the last one before the deletion.
  return sql`
    select *,
      case
        when not is_active and (
          -- What was in the merge queue is uploaded again for the branch it was merged into.
          ${keepDeletedDays}::int = 0 or ${isQueued(sql)}
          or branch_deleted_at <= clock_timestamp() - ${keepDeletedDays}::int * interval '1 day'
        ) then 'deleted'
        when newer > ${keepSuperseded}::int then 'superseded'
      end as reason
    from (
      select id, report_id, repository_id, branch_name, language, report_bytes, deleted_at,
        -- An upload of an older commit has a higher id than the active one.
        row_number() over (branch order by (deleted_at is not null), id desc) - 1 as newer,
        bool_or(deleted_at is null) over branch as is_active,
        max(deleted_at) over branch as branch_deleted_at
      from (${stored}) stored
      window branch as (partition by repository_id, branch_name, language)
    ) with_branch`;
}

/** Does work in a transaction that leaves no trace. */
export async function undone(
  sql: Sql,
  work: (tx: TransactionSql) => Promise<void>,
): Promise<void> {
  const undo = new Error("Undo");
  await withoutTimeout(sql, async (tx) => {
    await work(tx);
    throw undo;
  }).catch((error) => {
    if (error !== undo) throw error;
  });
}

/**
 * Marks reports as removed; returns those that were stored, with those of their parts, whose folders
 * may go after the commit.
 */
export async function markRemoved(
  sql: Sql | TransactionSql,
  reportIds: readonly string[],
): Promise<string[]> {
  if (reportIds.length === 0) return [];
  const rows = await sql<{ report_id: string }[]>`
    with removed as (
      update coverages set report_stored = false
      where report_id = any(${sql.array([...reportIds])}::uuid[])
        and report_stored and deleted_at is not null
      returning report_id, repository_id, id
    ), removed_parts as (
      delete from parts p using removed r
      where p.repository_id = r.repository_id and p.coverage_id = r.id
      returning p.report_id
    )
    select report_id from removed union select report_id from removed_parts`;
  return rows.map(({ report_id }) => report_id);
}

/** Marks the expired reports of a repository, or of a part of it, as removed; returns them. */
export async function expireReports(
  sql: Sql | TransactionSql,
  retention: Retention,
  { repositoryId, branch_name, language }: Scope,
): Promise<string[]> {
  const stored = sql`
    select * from coverages
    where report_stored and repository_id = ${repositoryId}
      ${branch_name === undefined ? sql`` : sql`and branch_name = ${branch_name}`}
      ${language === undefined ? sql`` : sql`and language = ${language}`}`;
  const expired = await sql<{ report_id: string }[]>`
    select report_id from (${withReasons(sql, retention, stored)}) s where reason is not null`;
  return await markRemoved(sql, expired.map(({ report_id }) => report_id));
}

/** Of these reports, those that are stored according to their row. */
export async function storedReports(
  sql: Sql | TransactionSql,
  ids: readonly string[],
): Promise<Set<string>> {
  const rows = await sql<{ report_id: string }[]>`
    select report_id from coverages
    where report_id = any(${sql.array([...ids])}::uuid[]) and report_stored
    union
    select report_id from parts where report_id = any(${sql.array([...ids])}::uuid[])`;
  return new Set(rows.map(({ report_id }) => report_id));
}

/** Reports that are stored according to their rows, and were not found. */
export interface Missing {
  reports: number;
  /** The first ones. */
  examples: string[];
}

/** Missing reports that are named. */
export const MISSING_NAMED = 3;

/** Reports of a range of ids, the first exclusive, the last inclusive. */
export interface IdRange {
  readonly after: string;
  readonly upTo: string;
}

/** The missing reports of a range, of which `found` were; younger ones than `graceMs` may be to come. */
export async function missingFrom(
  sql: Sql,
  found: readonly string[],
  { after, upTo }: IdRange,
  graceMs: number,
): Promise<Missing> {
  const [row] = await sql<Missing[]>`
    select count(report_id)::float8 as reports,
      coalesce((array_agg(report_id order by report_id))[1:${MISSING_NAMED}::int], '{}') as examples
    from (
      select report_id from coverages
      where report_stored and report_id > ${after} and report_id <= ${upTo}
        and updated_at < clock_timestamp() - ${graceMs} * interval '1 millisecond'
      union
      select report_id from parts
      where report_id > ${after} and report_id <= ${upTo}
        and created_at < clock_timestamp() - ${graceMs} * interval '1 millisecond'
    ) stored
    where report_id <> all(${sql.array([...found])}::uuid[])`;
  return row!;
}

/** Counts everything. It reads the whole table, so it is not for every request. */
export async function totals(sql: Sql) {
  const [row] = await withoutTimeout(
    sql,
    (tx) =>
      tx<Record<"repositories" | "uploads" | "active" | "reports" | "bytes", number>[]>`
      select (select count(*)::float8 from repositories) as repositories,
        count(*)::float8 as uploads, count(*) filter (where deleted_at is null)::float8 as active,
        count(*) filter (where report_stored)::float8 as reports,
        coalesce(sum(report_bytes) filter (where report_stored), 0)::float8 as bytes
      from coverages`,
  );
  return row!;
}

/** Days without an upload after which a pull request counts as closed, and a tag as old. */
const OPEN_DAYS = 90;
/** The same for a branch of the merge queue, which GitHub removes once it is merged or failed. */
const QUEUED_DAYS = 1;

/** The condition that a row of `coverages` is of a merge queue. */
export const isQueued = (sql: Sql | TransactionSql): Fragment =>
  sql`starts_with(branch_name, 'gh-readonly-queue/')`;

/** Rows that a transaction marks: few, so that uploads get their turn. */
const BATCH = 500;

/**
 * Marks what was uploaded for a ref that is nobody's branch as deleted, where that was long ago: a pull
 * request, a tag, a merge queue. The column `is_branch` tells them.
 */
export async function deleteOldRefs(sql: Sql | TransactionSql): Promise<void> {
  let count: number;
  do {
    ({ count } = await sql`
      update coverages set deleted_at = clock_timestamp(), updated_at = clock_timestamp()
      where (repository_id, id) in (
        select repository_id, id from coverages c
        where c.newest and c.deleted_at is null and not c.is_branch
          and not exists (
            select from coverages other
            where other.repository_id = c.repository_id and other.branch_name = c.branch_name
              and other.created_at > clock_timestamp() - interval '1 day' *
                case when ${isQueued(sql)} then ${QUEUED_DAYS}::int else ${OPEN_DAYS}::int end
          )
        limit ${BATCH}
      ) and newest and deleted_at is null`);
  } while (count === BATCH);
}
