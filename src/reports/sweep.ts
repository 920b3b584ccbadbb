/**
 * Takes away what a crash, a lost connection or a full disk has left behind.
 *
 * @module
 */
import type { Log } from "../log.ts";
import type { ReportStore } from "./store.ts";

/** Folders that are looked up in the database at a time. */
const BATCH = 500;

/** How many reports, and their bytes. */
export interface Amount {
  /** Reports. */
  reports: number;
  /** Bytes of their files. */
  bytes: number;
}

/** What a sweep took away. */
export interface Swept {
  /** Reports that were never finished. */
  readonly staged: Amount;
  /** Published reports that no row says there are. */
  readonly orphans: Amount;
}

/** What a sweep goes by. */
export interface SweepOptions {
  /** Of these reports, those that a row says there are. */
  readonly stored: (ids: readonly string[]) => Promise<ReadonlySet<string>>;
  /** A folder younger than this is left alone: its row may be about to be committed. */
  readonly graceMs: number;
  /** Takes nothing away, and says what it would take. */
  readonly dryRun?: boolean;
  /** Ends the sweep after what it is at. */
  readonly signal?: AbortSignal | undefined;
  /** The log. */
  readonly log: Log;
}

/**
 * Removes staged reports of servers that are no more, and published ones that no row says there
 * are. One that cannot be removed, another user's for instance, is logged and not counted; the others
 * go. Throws when the database does not answer.
 */
export async function sweep(store: ReportStore, options: SweepOptions): Promise<Swept> {
  const staged = await sweepStaging(store, options);
  const orphans = await sweepOrphans(store, options);
  const isLogged = staged.reports + orphans.reports > 0 && !options.dryRun;
  if (isLogged) {
    options.log.info("left-overs removed", {
      staged: staged.reports,
      staged_bytes: staged.bytes,
      orphans: orphans.reports,
      orphans_bytes: orphans.bytes,
    });
  }
  return { staged, orphans };
}

async function sweepStaging(
  store: ReportStore,
  { dryRun, signal, log }: SweepOptions,
): Promise<Amount> {
  const swept = { reports: 0, bytes: 0 };
  const failed = (server: string, error: unknown) =>
    log.warn("what a server has left in staging could not be removed", { server, error });
  for await (const leftOver of store.leftOvers(failed)) {
    if (signal?.aborted) break;
    try {
      const { bytes } = await leftOver.weigh();
      if (!dryRun) await leftOver.remove();
      swept.reports += leftOver.reports;
      swept.bytes += bytes;
    } catch (error) {
      failed(leftOver.server, error);
    }
  }
  return swept;
}

async function sweepOrphans(
  store: ReportStore,
  { stored, graceMs, dryRun, signal, log }: SweepOptions,
): Promise<Amount> {
  const swept = { reports: 0, bytes: 0 };
  const before = Date.now() - graceMs;
  let batch: string[] = [];
  const removeUnknown = async () => {
    const known = await stored(batch);
    for (const id of batch) {
      if (signal?.aborted) break;
      if (known.has(id)) continue;
      const publishedAt = await store.publishedAt(id);
      if (!publishedAt || publishedAt.getTime() > before) continue;
      try {
        const { bytes } = await store.weigh(id);
        if (!dryRun) await store.remove(id);
        swept.reports++;
        swept.bytes += bytes;
      } catch (error) {
        log.warn("a report without a row could not be removed", { report: id, error });
      }
    }
    batch = [];
  };
  for await (const id of store.published()) {
    if (signal?.aborted) return swept;
    batch.push(id);
    if (batch.length >= BATCH) await removeUnknown();
  }
  if (batch.length > 0) await removeUnknown();
  return swept;
}
