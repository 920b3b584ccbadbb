/**
 * Which reports are kept: the newest of each branch and language always, older ones as the settings
 * say. The row of an upload outlives its report, so that trends keep their numbers.
 *
 * @module
 */
import type { Sql, TransactionSql } from "postgres";
import type { Retention } from "../config.ts";
import { inTime } from "./connect.ts";
import type { Totals } from "../telemetry/metrics.ts";

/** Why a report goes: too many newer ones, its branch was deleted, no room. */
export type Reason = "superseded" | "deleted" | "space";

/** A report that the settings do not keep. */
export interface ExpiredReport {
  /** Its upload. */
  id: number;
  /** Its folder. */
  report_id: string;
  /** What its files weigh. */
  bytes: number;
  /** Why it goes. */
  reason: Reason;
}

/** A repository, or a branch and language of it. */
export interface Scope {
  /** The repository. */
  repositoryId: string;
  /** The branch; nothing: all. */
  branch_name?: string;
  /** The language; nothing: all. */
  language?: string;
}

/**
 * Finds what the settings do not keep, the oldest first; of everything, or of a part, to which
 * `maxStoredBytes` does not apply. What has no known weight weighs nothing here.
 */
export async function findExpired(
  sql: Sql | TransactionSql,
  { keepSuperseded, keepDeletedDays, maxStoredBytes }: Retention,
  of?: Scope,
): Promise<ExpiredReport[]> {
  const budget = of === undefined ? maxStoredBytes ?? null : null;
  // The active report of a branch is stored in any case, so that a branch without one is deleted,
  // and the first of those stored is the active one or the last one before the deletion.
  return await sql<ExpiredReport[]>`
    with stored as (
      select id, report_id, coalesce(report_bytes, 0) as bytes, deleted_at,
        row_number() over (branch order by id desc) - 1 as newer,
        bool_or(deleted_at is null) over branch as is_active,
        max(deleted_at) over branch as gone_at
      from coverages
      where report_stored
        ${of === undefined ? sql`` : sql`and repository_id = ${of.repositoryId}`}
        ${of?.branch_name === undefined ? sql`` : sql`and branch_name = ${of.branch_name}`}
        ${of?.language === undefined ? sql`` : sql`and language = ${of.language}`}
      window branch as (partition by repository_id, branch_name, language)
    ), judged as (
      select *,
        case
          when not is_active and (
            ${keepDeletedDays}::int = 0
            or gone_at <= clock_timestamp() - ${keepDeletedDays}::int * interval '1 day'
          ) then 'deleted'
          when newer > ${keepSuperseded}::int then 'superseded'
        end as reason
      from stored
    ), weighed as (
      select *,
        -- What is stored when all that are older than this one have gone.
        sum(bytes) over (order by deleted_at desc nulls first, id desc) as bytes_from_here
      from judged where reason is null
    )
    select id::float8 as id, report_id, bytes::float8 as bytes, reason
    from (
      select id, report_id, bytes, reason, deleted_at from judged where reason is not null
      union all
      select id, report_id, bytes, 'space', deleted_at from weighed
      where deleted_at is not null and bytes_from_here > ${budget}::bigint
    ) expired
    order by deleted_at, id`;
}

/** Marks reports as given up; returns their folders, which may be removed once that is committed. */
export async function markRemoved(
  sql: Sql | TransactionSql,
  ids: readonly number[],
): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await sql<{ report_id: string }[]>`
    update coverages set report_stored = false
    where id = any(${sql.array([...ids])}::bigint[]) and report_stored and deleted_at is not null
    returning report_id`;
  return rows.map(({ report_id }) => report_id);
}

/** Gives up what the settings do not keep of a part; returns the folders. */
export async function expireReports(
  sql: Sql | TransactionSql,
  retention: Retention,
  of: Scope,
): Promise<string[]> {
  const expired = await findExpired(sql, retention, of);
  return await markRemoved(sql, expired.map(({ id }) => id));
}

/** Of these folders, those that a row says there are. */
export async function storedReports(sql: Sql, ids: readonly string[]): Promise<Set<string>> {
  const rows = await sql<{ report_id: string }[]>`
    select report_id from coverages
    where report_id = any(${sql.array([...ids])}::uuid[]) and report_stored`;
  return new Set(rows.map(({ report_id }) => report_id));
}

/** Folders that rows say there are, `limit` of them in the order of their uploads after `afterId`. */
export async function listStored(
  sql: Sql,
  { afterId, limit, unweighed }: { afterId: number; limit: number; unweighed: boolean },
): Promise<{ id: number; report_id: string }[]> {
  return await sql`
    select id::float8 as id, report_id from coverages
    where report_stored and id > ${afterId} ${unweighed ? sql`and report_bytes is null` : sql``}
    order by id limit ${limit}`;
}

/** Notes what a report weighs. */
export async function setWeight(
  sql: Sql,
  id: number,
  { bytes, files }: { bytes: number; files: number },
): Promise<void> {
  await sql`
    update coverages set report_bytes = ${bytes}, report_files = ${files}
    where id = ${id} and report_bytes is null`;
}

/** How many reports are stored, and what those of known weight weigh. */
export async function storedTotal(sql: Sql): Promise<{ reports: number; bytes: number }> {
  const [row] = await sql<{ reports: number; bytes: number }[]>`
    select count(*)::float8 as reports, coalesce(sum(report_bytes), 0)::float8 as bytes
    from coverages where report_stored`;
  return row!;
}

/** Counts everything. It reads an index of all uploads: for now and then, not for each request. */
export async function totals(sql: Sql): Promise<Totals> {
  const stored = await inTime(storedTotal(sql));
  const [rows] = await inTime(sql<Pick<Totals, "uploads" | "active" | "repositories">[]>`
    select (select count(*)::float8 from repositories) as repositories,
      count(*)::float8 as uploads, count(*) filter (where deleted_at is null)::float8 as active
    from coverages`);
  return { ...stored, ...rows! };
}
