/** Removes what a crash, a lost connection or a full disk has left behind. */
import { type IdRange, type Missing, MISSING_NAMED } from "../db/stored_reports.ts";
import type { Bucket } from "./bucket.ts";
import type { Amount, ReportStore, SweepingOptions } from "./store.ts";

/** Another server's upload is between its rename and its commit for less than this. */
export const ORPHAN_GRACE_MS = 60 * 60 * 1000;

const FIRST_ID = "00000000-0000-0000-0000-000000000000";
const LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff";

/** Folders that are looked up in the database at a time. */
const BATCH = 500;

export interface Swept {
  /** Uploads that were never finished. */
  readonly staged: Amount;
  /** Published reports without a row that has them stored. */
  readonly orphans: Amount;
}

export interface SweepOptions extends SweepingOptions {
  /** Of these reports, those that are stored according to their row. */
  readonly stored: (ids: readonly string[]) => Promise<ReadonlySet<string>>;
  /** A folder younger than this is left alone: its row may be about to be committed. */
  readonly graceMs: number;
}

/**
 * Removes staged reports of servers that no longer run, and published ones without a row. What cannot
 * be removed, another user's for instance, is logged and not counted. Throws where the database is
 * away.
 */
export async function sweep(store: ReportStore, options: SweepOptions): Promise<Swept> {
  const staged = await store.sweepStaging(options);
  const orphans = await removeOrphans(foldersIn(store), options);
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

/**
 * Removes objects without a row from the bucket, and finds rows without an object. Throws where the
 * bucket or the database is away.
 */
export async function sweepBucket(
  bucket: Bucket,
  { missing: findMissing, ...options }: SweepOptions & {
    /** What is missing of a range of ids, of which these were found. */
    readonly missing: (found: readonly string[], range: IdRange) => Promise<Missing>;
  },
): Promise<{ objects: Amount; missing: Missing }> {
  const missing: Missing = { reports: 0, examples: [] };
  let after = FIRST_ID;
  const check = async (found: readonly string[], upTo: string) => {
    const { reports, examples } = await findMissing(found, { after, upTo });
    missing.reports += reports;
    missing.examples = [...missing.examples, ...examples].slice(0, MISSING_NAMED);
    after = upTo;
  };
  // A bucket lists its objects in the order of their names, and the database has that of the ids.
  const objects = await removeOrphans(objectsIn(bucket), {
    ...options,
    seen: (ids) => check(ids, ids.at(-1)!),
  });
  if (!options.signal?.aborted) await check([], LAST_ID);
  if (objects.reports > 0 && !options.dryRun) {
    options.log.info("left-overs removed from the bucket", { ...objects });
  }
  return { objects, missing };
}

/** Something stored under a report's id. */
interface Kept {
  readonly id: string;
  storedAt(): Date | undefined | Promise<Date | undefined>;
  bytes(): number | Promise<number>;
  remove(): Promise<void>;
}

async function* foldersIn(store: ReportStore): AsyncGenerator<Kept> {
  for await (const id of store.published()) {
    yield {
      id,
      storedAt: () => store.publishedAt(id),
      bytes: async () => (await store.size(id)).bytes,
      remove: () => store.remove(id),
    };
  }
}

async function* objectsIn(bucket: Bucket): AsyncGenerator<Kept> {
  for await (const { id, bytes, storedAt } of bucket.list()) {
    yield { id, storedAt: () => storedAt, bytes: () => bytes, remove: () => bucket.delete(id) };
  }
}

async function removeOrphans(
  all: AsyncIterable<Kept>,
  { stored, graceMs, dryRun, signal, log, seen }: SweepOptions & {
    /** Gets the ids of each batch. */
    readonly seen?: (ids: readonly string[]) => Promise<void>;
  },
): Promise<Amount> {
  const swept = { reports: 0, bytes: 0 };
  const before = Date.now() - graceMs;
  let batch: Kept[] = [];
  const removeUnknown = async () => {
    const ids = batch.map(({ id }) => id);
    await seen?.(ids);
    const known = await stored(ids);
    for (const kept of batch) {
      const { id } = kept;
      if (signal?.aborted) break;
      if (known.has(id)) continue;
      const storedAt = await kept.storedAt();
      if (!storedAt || storedAt.getTime() > before) continue;
      try {
        const bytes = await kept.bytes();
        if (!dryRun) await kept.remove();
        swept.reports++;
        swept.bytes += bytes;
      } catch (error) {
        log.warn("an orphaned report could not be removed", { report: id, error });
      }
    }
    batch = [];
  };
  for await (const kept of all) {
    if (signal?.aborted) return swept;
    batch.push(kept);
    if (batch.length >= BATCH) await removeUnknown();
  }
  if (batch.length > 0) await removeUnknown();
  return swept;
}
