/**
 * Which reports are retained: the newest of each branch and language always, older ones as the
 * settings say. The row of an upload outlives its report, so that trends keep their numbers.
 *
 * @module
 */
import type { Sql, TransactionSql } from "postgres";
import type { Retention } from "../config.ts";
import { withoutTimeout } from "./connect.ts";
import { deleteOldRefs, isQueued } from "./other_refs.ts";

/** Why a report is removed: too many newer ones, its branch was deleted, no room. */
export type Reason = "superseded" | "deleted" | "space";

/** A report that is no longer retained. */
export interface ExpiredReport {
  readonly report_id: string;
  readonly bytes: number;
  readonly reason: Reason;
}

/** A repository, or a branch and language of it. */
export interface Scope {
  readonly repositoryId: string;
  /** Default: all. */
  readonly branch_name?: string;
  /** Default: all. */
  readonly language?: string;
}

/**
 * Finds what the settings do not retain, the oldest first; of everything, or of a part, to which
 * `maxStoredBytes` does not apply.
 */
export async function findExpired(
  sql: Sql | TransactionSql,
  { keepSuperseded, keepDeletedDays, maxStoredBytes }: Retention,
  scope?: Scope,
): Promise<ExpiredReport[]> {
  const budget = scope === undefined ? maxStoredBytes ?? null : null;
  // The active report of a branch is always stored, so a branch without one was deleted, and the
  // first of those stored is the active one or the last one before the deletion.
  return await sql<ExpiredReport[]>`
    with stored as (
      select id, report_id, branch_name, report_bytes as bytes, deleted_at,
        -- An upload of an older commit has a higher id than the active one.
        row_number() over (branch order by (deleted_at is not null), id desc) - 1 as newer,
        bool_or(deleted_at is null) over branch as is_active,
        max(deleted_at) over branch as branch_deleted_at
      from coverages
      where report_stored
        ${scope === undefined ? sql`` : sql`and repository_id = ${scope.repositoryId}`}
        ${scope?.branch_name === undefined ? sql`` : sql`and branch_name = ${scope.branch_name}`}
        ${scope?.language === undefined ? sql`` : sql`and language = ${scope.language}`}
      window branch as (partition by repository_id, branch_name, language)
    ), with_reason as (
      select *,
        case
          when not is_active and (
            -- What was in the merge queue is uploaded again for the branch it was merged into.
            ${keepDeletedDays}::int = 0 or ${isQueued(sql)}
            or branch_deleted_at <= clock_timestamp() - ${keepDeletedDays}::int * interval '1 day'
          ) then 'deleted'
          when newer > ${keepSuperseded}::int then 'superseded'
        end as reason
      from stored
    ), retained as (
      select *,
        -- What is stored when all that are older than this one are removed.
        sum(bytes) over (order by deleted_at desc nulls first, id desc) as bytes_from_here
      from with_reason where reason is null
    )
    select report_id, bytes::float8 as bytes, reason
    from (
      select id, report_id, bytes, reason, deleted_at from with_reason where reason is not null
      union all
      select id, report_id, bytes, 'space', deleted_at from retained
      where deleted_at is not null and bytes_from_here > ${budget}::bigint
    ) expired
    order by deleted_at, id`;
}

/** Rolls a transaction back. */
class Undo extends Error {}

/**
 * Marks pull requests and merge queues that are over as deleted, and finds everything that the
 * settings do not retain then. A dry run leaves no mark.
 */
export async function findAllExpired(
  sql: Sql,
  retention: Retention,
  { dryRun }: { dryRun: boolean },
): Promise<ExpiredReport[]> {
  let expired: ExpiredReport[] = [];
  await withoutTimeout(sql, async (tx) => {
    await deleteOldRefs(tx);
    expired = await findExpired(tx, retention);
    if (dryRun) throw new Undo();
  }).catch((error) => {
    if (!(error instanceof Undo)) throw error;
  });
  return expired;
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

/** Marks the expired reports of a part as removed; returns them. */
export async function expireReports(
  sql: Sql | TransactionSql,
  retention: Retention,
  scope: Scope,
): Promise<string[]> {
  const expired = await findExpired(sql, retention, scope);
  return await markRemoved(sql, expired.map(({ report_id }) => report_id));
}

/** Of these reports, those that are stored according to their row. */
export async function storedReports(sql: Sql, ids: readonly string[]): Promise<Set<string>> {
  const rows = await sql<{ report_id: string }[]>`
    select report_id from coverages
    where report_id = any(${sql.array([...ids])}::uuid[]) and report_stored
    union
    select report_id from parts where report_id = any(${sql.array([...ids])}::uuid[])`;
  return new Set(rows.map(({ report_id }) => report_id));
}

/** Repositories whose stored reports are read at a time. */
const BATCH = 50;

/** Every report that is stored according to its row, a batch of repositories at a time. */
export async function* listStored(sql: Sql): AsyncGenerator<string> {
  for (let after: string | undefined = "0"; after !== undefined;) {
    const rows: { id: string; reports: string[] }[] = await sql`
      select r.id, array(
        select c.report_id from coverages c where c.repository_id = r.id and c.report_stored
        union
        select p.report_id from parts p where p.repository_id = r.id
      ) as reports
      from repositories r where r.id > ${after} order by r.id limit ${BATCH}`;
    for (const { reports } of rows) yield* reports;
    after = rows.at(-1)?.id;
  }
}

/** How many reports are stored, and the bytes of their files. */
export async function storedTotal(sql: Sql): Promise<{ reports: number; bytes: number }> {
  const [row] = await withoutTimeout(sql, (tx) =>
    tx<{ reports: number; bytes: number }[]>`
      select count(*)::float8 as reports, coalesce(sum(report_bytes), 0)::float8 as bytes
      from coverages where report_stored`);
  return row ?? { reports: 0, bytes: 0 };
}

/** Counts everything. It reads the whole table, so it is not for every request. */
export async function totals(
  sql: Sql,
): Promise<
  { reports: number; bytes: number; repositories: number; uploads: number; active: number }
> {
  const [rows] = await withoutTimeout(
    sql,
    (tx) =>
      tx<{ repositories: number; uploads: number; active: number }[]>`
      select (select count(*)::float8 from repositories) as repositories,
        count(*)::float8 as uploads, count(*) filter (where deleted_at is null)::float8 as active
      from coverages`,
  );
  return { ...await storedTotal(sql), ...rows ?? { repositories: 0, uploads: 0, active: 0 } };
}
