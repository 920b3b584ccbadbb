/**
 * Takes away what a crash, a lost connection or a full disk has left behind.
 *
 * @module
 */
import type { Log } from "../log.ts";
import type { ReportStore } from "./store.ts";

/** Folders that are looked up in the database at a time. */
const BATCH = 500;

/** What a sweep took away. */
export interface Swept {
  /** Reports that were never finished. */
  readonly staged: number;
  /** Published reports that no row points at. */
  readonly orphans: number;
}

/**
 * Removes staged reports of servers that are no more, and published ones that no active row points
 * at. A folder younger than `graceMs` is left alone: its row may be about to be committed.
 */
export async function sweep(
  store: ReportStore,
  options: {
    reachable: (ids: readonly string[]) => Promise<ReadonlySet<string>>;
    graceMs: number;
    log: Log;
  },
): Promise<Swept> {
  const staged = await store.sweepStaging();
  const before = Date.now() - options.graceMs;
  let orphans = 0;
  let batch: string[] = [];
  const removeUnreachable = async () => {
    const reachable = await options.reachable(batch);
    for (const id of batch) {
      if (reachable.has(id)) continue;
      await store.remove(id);
      orphans++;
    }
    batch = [];
  };
  for await (const { id, publishedAt } of store.published()) {
    if (publishedAt.getTime() > before) continue;
    batch.push(id);
    if (batch.length >= BATCH) await removeUnreachable();
  }
  if (batch.length > 0) await removeUnreachable();
  if (staged + orphans > 0) options.log.info("left-overs removed", { staged, orphans });
  return { staged, orphans };
}
