/**
 * Keeps of the reports what the settings say, and nothing that is left over.
 *
 * @module
 */
import type { Sql } from "postgres";
import type { Retention } from "../config.ts";
import {
  findExpired,
  listStored,
  markRemoved,
  type Reason,
  setWeight,
  storedReports,
  storedTotal,
} from "../db/stored_reports.ts";
import type { Log } from "../log.ts";
import { removeReports } from "./remove.ts";
import type { ReportStore } from "./store.ts";
import { type Amount, sweep, type Swept } from "./sweep.ts";
import type { ReportSize } from "../model/rows.ts";

/** Reports that are given up, weighed or looked for at a time: small, so that uploads get their turn. */
const BATCH = 200;

/** Any constant will do that is not the one of migrations, the same in every version. */
const ADVISORY_LOCK = 7_236_641_020_332;

/** What retention works on. */
export interface RetentionDependencies {
  /** The database. */
  readonly sql: Sql;
  /** Whether the database is the embedded one, which no other server shares. */
  readonly embedded: boolean;
  /** The reports on disk. */
  readonly store: ReportStore;
  /** What is kept. */
  readonly retention: Retention;
  /** A folder without a row is left alone while it is younger than this. */
  readonly graceMs: number;
  /** The log. */
  readonly log: Log;
}

/** What one run has done, or in a dry run would have done. */
export interface RetentionRun extends Swept, Readonly<Record<Reason, Amount>> {
  /** What is stored afterwards. */
  readonly stored: Amount;
  /** Folders of reports that rows say there are, and that are not there. */
  readonly missing: readonly string[];
}

/** How it is run. */
export interface RunOptions {
  /** Says what would go, and changes nothing but to note what reports weigh, where nobody did yet. */
  readonly dryRun?: boolean;
  /** Ends the run after what it is at. */
  readonly signal?: AbortSignal;
}

/**
 * Gives up the reports that the settings do not keep, the oldest first, and sweeps what is left
 * over. Nothing is done, and nothing returned, while another server of this database is at it.
 * Rows are marked before their folders go, so that at no moment a row says there is a report that is
 * not; a run that ends in between leaves folders to the next one.
 */
export async function runRetention(
  dependencies: RetentionDependencies,
  options: RunOptions = {},
): Promise<RetentionRun | undefined> {
  const { sql, embedded } = dependencies;
  // The embedded database has one session, which the work itself needs.
  if (embedded) return await run(dependencies, options);
  return await sql.begin(async (tx) => {
    // It holds the lock and says nothing more, for as long as the work on other connections takes.
    await tx`set local idle_in_transaction_session_timeout = 0`;
    const [lock] = await tx<{ taken: boolean }[]>`
      select pg_try_advisory_xact_lock(${ADVISORY_LOCK}) as taken`;
    return lock!.taken ? await run(dependencies, options) : undefined;
  }) as RetentionRun | undefined;
}

async function run(
  { sql, store, retention, graceMs, log }: RetentionDependencies,
  { dryRun = false, signal }: RunOptions,
): Promise<RetentionRun> {
  const startedAt = performance.now();
  await weighReports(sql, store, { log, signal });
  const given: Record<Reason, Amount> = {
    superseded: { reports: 0, bytes: 0 },
    deleted: { reports: 0, bytes: 0 },
    space: { reports: 0, bytes: 0 },
  };
  const expired = await findExpired(sql, retention);
  for (let at = 0; at < expired.length && !signal?.aborted; at += BATCH) {
    const batch = expired.slice(at, at + BATCH);
    if (!dryRun) {
      const folders = await markRemoved(sql, batch.map(({ id }) => id));
      await removeReports(store, folders, log, signal);
    }
    for (const { reason, bytes } of batch) {
      given[reason].reports++;
      given[reason].bytes += bytes;
    }
  }
  const stored = (ids: readonly string[]) => storedReports(sql, ids);
  const swept = await sweep(store, { stored, graceMs, dryRun, signal, log });
  const total = await storedTotal(sql);
  const going = Object.values(given);
  const result = {
    ...given,
    ...swept,
    stored: dryRun
      ? {
        reports: total.reports - sum(going.map(({ reports }) => reports)),
        bytes: total.bytes - sum(going.map(({ bytes }) => bytes)),
      }
      : total,
    missing: await findMissing(sql, store, signal),
  };
  // A run that was cut short has not come to what it would have to say.
  if (!dryRun && !signal?.aborted) logRun(result, retention, log, performance.now() - startedAt);
  return result;
}

/**
 * Reports of uploads before there was a column for it are weighed once. One that is not there may still
 * come, after an import for instance, and is no more than nothing until then.
 */
async function weighReports(
  sql: Sql,
  store: ReportStore,
  { log, signal }: { log: Log; signal: AbortSignal | undefined },
): Promise<void> {
  for await (const { id, report_id } of stored(sql, { unweighed: true })) {
    if (signal?.aborted) return;
    const weight = await weigh(store, report_id, log);
    if (weight) await setWeight(sql, id, weight);
  }
}

async function weigh(store: ReportStore, id: string, log: Log): Promise<ReportSize | undefined> {
  try {
    return await store.publishedAt(id) && await store.weigh(id);
  } catch (error) {
    log.warn("a report could not be weighed", { report: id, error });
    return undefined;
  }
}

/** A folder that somebody has removed, or that a backup did not have: nobody else would notice. */
async function findMissing(
  sql: Sql,
  store: ReportStore,
  signal?: AbortSignal,
): Promise<string[]> {
  const published = new Set(await Array.fromAsync(store.published()));
  const missing: string[] = [];
  for await (const { report_id } of stored(sql, { unweighed: false })) {
    if (signal?.aborted) break;
    // One that was published meanwhile is there; one that went meanwhile is no longer stored.
    if (published.has(report_id) || await store.publishedAt(report_id)) continue;
    if ((await storedReports(sql, [report_id])).has(report_id)) missing.push(report_id);
  }
  return missing;
}

async function* stored(sql: Sql, { unweighed }: { unweighed: boolean }) {
  let afterId = 0;
  while (true) {
    const batch = await listStored(sql, { afterId, limit: BATCH, unweighed });
    yield* batch;
    if (batch.length < BATCH) return;
    afterId = batch.at(-1)!.id;
  }
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
  if (superseded.reports + deleted.reports + space.reports > 0) {
    log.info("reports given up", fields);
  } else {
    log.debug("no report to give up", fields);
  }
  if (maxStoredBytes !== undefined && stored.bytes > maxStoredBytes) {
    log.warn("the newest reports alone exceed MAX_STORED_BYTES", {
      stored_bytes: stored.bytes,
      allowed_bytes: maxStoredBytes,
    });
  }
  if (missing.length > 0) {
    log.warn("reports are not on disk, though the database has their uploads", {
      missing: missing.length,
      examples: missing.slice(0, 3),
    });
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
