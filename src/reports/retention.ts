/** Removes the reports that the settings do not retain, and everything that is left over. */
import { setTimeout } from "node:timers/promises";
import type { Sql, TransactionSql } from "postgres";
import type { Retention } from "../config.ts";
import { withoutTimeout } from "../db/connect.ts";
import {
  deleteOldRefs,
  findNewestOver,
  listStored,
  markRemoved,
  type Missing,
  MISSING_NAMED,
  missingFrom,
  type Reason,
  type StoredReport,
  storedReports,
  type Superseded,
  totals,
  undone,
} from "../db/stored_reports.ts";
import type { Log } from "../log.ts";
import type { Amount, ReportStore } from "./store.ts";
import { sweep, sweepBucket, type Swept } from "./sweep.ts";

/** Reports removed at a time: few, so that uploads get their turn. */
const BATCH = 200;
/** Any constant other than that of migrations, the same in every version. */
const ADVISORY_LOCK = 7_236_641_020_332;

/** Rest of the server's runs: uploads have 19 twentieths of the time for themselves. */
export const RETENTION_REST = 19;

export interface RetentionDependencies {
  readonly sql: Sql;
  /** Whether the database is the embedded one, which no other server shares. */
  readonly embedded: boolean;
  readonly store: ReportStore;
  readonly retention: Retention;
  /** A folder without a row is left alone while it is younger than this. */
  readonly graceMs: number;
  readonly log: Log;
}

/** What one run has removed, or in a dry run would have removed. */
export interface RetentionRun extends Swept, Readonly<Record<Reason, Amount>> {
  /** What is stored afterwards. */
  readonly stored: Amount;
  /** Objects in the bucket without a row; undefined without a bucket. */
  readonly objects: Amount | undefined;
  /** Reports that are stored according to their row, and not in the bucket, or without one on disk. */
  readonly missing: Missing;
}

export interface RunOptions {
  /** Changes nothing. */
  readonly dryRun?: boolean;
  /** Ends the run after what it is doing. */
  readonly signal?: AbortSignal;
  /** Lets uploads have the machine for so many times as long as each page took; default: 0. */
  readonly rest?: number;
}

/**
 * Removes the reports that the settings do not retain, and sweeps left-overs. It goes through all
 * reports a page at a time: neither its memory nor a transaction grows with their number.
 * Returns undefined without doing anything while another server of this database runs it. Rows are
 * marked before their folders go, so that a row never points at a report that is gone; a run that
 * ends in between leaves folders to the next one.
 */
export async function runRetention(
  dependencies: RetentionDependencies,
  options: RunOptions = {},
): Promise<RetentionRun | undefined> {
  const { sql, embedded } = dependencies;
  // The embedded database has one session, which the work itself needs.
  if (embedded) return await run(dependencies, options);
  return await sql.begin(async (tx) => {
    // It holds the lock, and is idle for as long as the work on other connections takes.
    await tx`set local idle_in_transaction_session_timeout = 0`;
    const [lock] = await tx<{ acquired: boolean }[]>`
      select pg_try_advisory_xact_lock(${ADVISORY_LOCK}) as acquired`;
    return lock?.acquired ? await run(dependencies, options) : undefined;
  }) as RetentionRun | undefined;
}

async function run(
  { sql, store, retention, graceMs, log }: RetentionDependencies,
  { dryRun = false, signal, rest = 0 }: RunOptions,
): Promise<RetentionRun> {
  const startedAt = performance.now();
  const none = () => ({ reports: 0, bytes: 0 });
  const removed: Record<Reason, Amount> = { superseded: none(), deleted: none(), space: none() };
  let missing: Missing = { reports: 0, examples: [] };
  const remove = async (expired: readonly StoredReport[]) => {
    for (let at = 0; at < expired.length && !signal?.aborted; at += BATCH) {
      const batch = expired.slice(at, at + BATCH);
      if (!dryRun) {
        const marked = await markRemoved(sql, batch.map(({ report_id }) => report_id));
        await store.removeAll(marked, log, signal);
      }
      for (const { reason, bytes } of batch) {
        removed[reason!].reports++;
        removed[reason!].bytes += bytes;
      }
    }
  };
  const goThrough = async (on: Sql | TransactionSql, newestOver: Superseded | undefined) => {
    let began = performance.now();
    for await (const page of listStored(on, retention, newestOver)) {
      if (signal?.aborted) return;
      await remove(page.filter(({ reason }) => reason !== null));
      const retained = page.filter(({ reason }) => reason === null);
      for (const id of store.bucket ? [] : await findMissing(on, store, retained)) {
        missing.reports++;
        if (missing.examples.length < MISSING_NAMED) missing.examples.push(id);
      }
      // Aborted, it goes on at once, and ends.
      if (rest > 0) await delay(rest * (performance.now() - began), signal);
      began = performance.now();
    }
  };
  if (dryRun) {
    await undone(sql, async (tx) => {
      await deleteOldRefs(tx);
      await goThrough(tx, await findNewestOver(tx, retention));
    });
  } else {
    await deleteOldRefs(sql);
    await goThrough(sql, await withoutTimeout(sql, (tx) => findNewestOver(tx, retention)));
  }
  const options = {
    stored: (ids: readonly string[]) => storedReports(sql, ids),
    ...{ graceMs, dryRun, signal, log },
  };
  const swept = await sweep(store, options);
  let objects: Amount | undefined;
  if (store.bucket) {
    ({ objects, missing } = await sweepBucket(store.bucket, {
      ...options,
      missing: (found, range) => missingFrom(sql, found, range, graceMs),
    }));
  }
  const stored = await totals(sql);
  const toRemove = dryRun ? sumOf(removed) : none();
  const result = {
    ...removed,
    ...swept,
    objects,
    stored: {
      reports: stored.reports - toRemove.reports,
      bytes: stored.bytes - toRemove.bytes,
    },
    missing,
  };
  if (!dryRun && !signal?.aborted) logRun(result, retention, log, performance.now() - startedAt);
  return result;
}

async function delay(ms: number, signal?: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, signal && { signal }).catch(() => {});
}

/** Of stored reports, those that were removed by hand, or were not in a backup. */
async function findMissing(
  sql: Sql | TransactionSql,
  store: ReportStore,
  reports: readonly StoredReport[],
): Promise<string[]> {
  const missing: string[] = [];
  for (const id of reports.flatMap(({ report_id, parts }) => [...new Set([report_id, ...parts])])) {
    if (await store.publishedAt(id) === undefined) missing.push(id);
  }
  if (missing.length === 0) return missing;
  // One that was removed meanwhile is no longer stored.
  const stored = await storedReports(sql, missing);
  return missing.filter((id) => stored.has(id));
}

function logRun(
  { superseded, deleted, space, stored, missing }: RetentionRun,
  { maxStoredBytes }: Retention,
  log: Log,
  durationMs: number,
): void {
  const amounts = Object.entries({ superseded, deleted, space }).flatMap(
    ([name, { reports, bytes }]) => [[name, reports], [`${name}_bytes`, bytes]],
  );
  const fields = {
    ...Object.fromEntries(amounts),
    stored: stored.reports,
    stored_bytes: stored.bytes,
    duration_ms: Math.round(durationMs),
  };
  if (sumOf({ superseded, deleted, space }).reports > 0) log.info("reports removed", fields);
  else log.debug("no reports to remove", fields);
  if (maxStoredBytes !== undefined && stored.bytes > maxStoredBytes) {
    log.warn("the active reports alone exceed MAX_STORED_BYTES", {
      stored_bytes: stored.bytes,
      allowed_bytes: maxStoredBytes,
    });
  }
  if (missing.reports > 0) {
    log.warn("reports are missing", { missing: missing.reports, examples: missing.examples });
  }
}

function sumOf(amounts: Readonly<Record<Reason, Amount>>): Amount {
  const sum = { reports: 0, bytes: 0 };
  for (const { reports, bytes } of Object.values(amounts)) {
    sum.reports += reports;
    sum.bytes += bytes;
  }
  return sum;
}
