/**
 * Reports in a bucket, with the disk as a cache of them. A report that is published has its object; one
 * that is asked for and not on the disk is unpacked from it, as an upload is.
 */
import type { BucketSettings } from "../config.ts";
import { HttpError, unavailable } from "../errors.ts";
import type { ByteStream } from "../http/byte_stream.ts";
import { Semaphore } from "../http/semaphore.ts";
import type { Log } from "../log.ts";
import type { ReportSize } from "../model/rows.ts";
import { type ArchiveFile, entriesIn, pack, spool, spooled } from "./archive_file.ts";
import { Bucket } from "./bucket.ts";
import { exists, removeTree } from "./disk.ts";
import { type LinesOf, type Place, ReportStore, type StagedReport } from "./store.ts";

/** Reports that are fetched at a time; others wait. */
const FETCHED_AT_A_TIME = 4;
/** What was used so recently is being read or written: the parts of a page come one after the other. */
const IN_USE_MS = 60_000;
/** What a file takes beside its content. */
const BYTES_PER_FILE = 4096;

export interface BucketStoreOptions {
  readonly bucket: Bucket;
  /** The size that the disk may have for reports. */
  readonly cacheBytes: number;
  /** Unpacks an archive; throws an `HttpError` where it is damaged. */
  readonly unpack: (archive: ByteStream, staged: StagedReport) => Promise<ReportSize>;
  readonly log: Log;
  /** The time, for tests. */
  readonly now?: () => number;
}

/** Opens the reports in a folder, and where there is one in a bucket. */
export async function openReports(
  folder: string,
  settings: BucketSettings | undefined,
  { unpack, log }: Pick<BucketStoreOptions, "unpack" | "log">,
): Promise<ReportStore> {
  if (!settings) return await ReportStore.open(folder);
  const bucket = new Bucket(settings, log);
  return await BucketStore.openWith(folder, { ...settings, bucket, unpack, log });
}

export class BucketStore extends ReportStore {
  override readonly bucket: Bucket;
  readonly #options: BucketStoreOptions;
  readonly #cache: CacheIndex;
  readonly #restoring = new Map<string, Promise<boolean>>();
  readonly #fetches = new Semaphore(FETCHED_AT_A_TIME, "reports being fetched from the bucket");
  #evicting: Promise<void> = Promise.resolve();

  private constructor(place: Place, options: BucketStoreOptions) {
    super(place);
    this.bucket = options.bucket;
    this.#options = options;
    this.#cache = new CacheIndex(options.now);
  }

  static async openWith(folder: string, options: BucketStoreOptions): Promise<BucketStore> {
    return new BucketStore(await ReportStore.placeIn(folder), options);
  }

  override async belongTo(database: string): Promise<void> {
    await super.belongTo(database);
    await this.bucket.belongTo(database);
  }

  override used(id: string): boolean {
    return this.#cache.used(id);
  }

  override async stage(id?: string): Promise<StagedReport> {
    const staged = await super.stage(id);
    const path = `${this.stagedPath(staged.id)}.tar.gz`;
    let archive: ArchiveFile | undefined, isSent = false;
    return {
      ...staged,
      archived: (bytes) => spooled(bytes, path, (file) => archive = file),
      publish: async (size) => {
        archive ??= await spool(pack(entriesIn(this.stagedPath(staged.id))), path);
        isSent = true;
        await this.bucket.put(staged.id, archive);
        await removeTree(path);
        await staged.publish();
        await this.#cached(staged.id, size);
      },
      discard: async () => {
        await staged.discard();
        this.#cache.remove(staged.id);
        // Also after a failure: the object may be there all the same.
        if (isSent) await this.bucket.delete(staged.id, 1);
      },
    };
  }

  override async remove(id: string): Promise<void> {
    this.#cache.remove(id);
    await super.remove(id);
    await this.bucket.delete(id);
  }

  protected override async openFile(id: string, path: string): Promise<Deno.FsFile> {
    this.used(id);
    return await super.openFile(id, path).catch(async (error) => {
      if (!(error instanceof Deno.errors.NotFound) || !await this.restore(id)) throw error;
      return await super.openFile(id, path);
    });
  }

  override async readLines(id: string, of?: LinesOf): Promise<Uint8Array<ArrayBuffer> | undefined> {
    this.used(id);
    return await super.readLines(id, of);
  }

  /** Unpacks a report from its object, once for all who wait for it. Throws a 503 where the bucket is away. */
  override async restore(id: string): Promise<boolean> {
    let restoring = this.#restoring.get(id);
    if (!restoring) {
      restoring = this.#restore(id).finally(() => this.#restoring.delete(id));
      this.#restoring.set(id, restoring);
    }
    return await restoring;
  }

  async #restore(id: string): Promise<boolean> {
    if (await exists(this.folder(id))) return true;
    using _turn = await this.#fetches.acquire()
      .catch(({ message }) => Promise.reject(unavailable(message)));
    const startedAt = performance.now();
    const archive = await this.bucket.get(id);
    if (!archive) return false;
    const staged = await super.stage(id).catch(async (error) => {
      await archive.cancel(error);
      throw error;
    });
    let size: ReportSize;
    try {
      size = await this.#options.unpack(archive, staged);
      await staged.publish().catch(async (error) => {
        // Another server with the same folder was first.
        if (!await exists(this.folder(id))) throw error;
        await removeTree(this.stagedPath(id));
      });
    } catch (error) {
      await staged.discard();
      // What is wrong with an archive is no reader's fault.
      if (!(error instanceof HttpError) || error.status >= 500) throw error;
      throw new Error(`The object of report ${id} cannot be unpacked`, { cause: error });
    }
    await this.#cached(id, size);
    const duration_ms = Math.round(performance.now() - startedAt);
    this.#options.log.info("report fetched", { report: id, size_bytes: size.bytes, duration_ms });
    return true;
  }

  /** Packs a report on the disk into its object. */
  async copyToBucket(id: string): Promise<void> {
    const path = `${this.stagedPath(id)}.tar.gz`;
    try {
      await this.bucket.put(id, await spool(pack(entriesIn(this.folder(id))), path));
    } finally {
      await removeTree(path);
    }
  }

  async #cached(id: string, size?: ReportSize): Promise<void> {
    this.#cache.add(id, size ?? await this.size(id));
    void this.#evict();
  }

  /** Finds what is on the disk, as after a start, and removes what is too much. */
  override async prune(): Promise<void> {
    const known = new Set(this.#cache.ids());
    for await (const id of this.published()) {
      if (known.delete(id)) continue;
      const size = await this.size(id);
      // When it was unpacked: nothing says when it was read.
      const filledAt = await Deno.stat(this.folder(id)).then(({ mtime }) => mtime, () => null);
      if (!this.#cache.has(id)) this.#cache.add(id, size, filledAt?.getTime() ?? 0);
    }
    for (const id of known) {
      if (!await exists(this.folder(id))) this.#cache.remove(id);
    }
    await this.#evict();
  }

  override async settled(): Promise<void> {
    await super.settled();
    await this.#evicting;
  }

  /** Removes the least recently used reports while they are too large together. */
  #evict(): Promise<void> {
    const { cacheBytes, log } = this.#options;
    return this.#evicting = this.#evicting.then(async () => {
      for (const id of this.#cache.over(cacheBytes)) {
        this.#cache.remove(id);
        await this.evict(id).catch((error) => {
          log.warn("a report could not be removed from the cache", { report: id, error });
        });
      }
    });
  }
}

interface Entry {
  readonly bytes: number;
  usedAt: number;
}

/** Which reports are on the disk, how large they are and when they were last used. */
class CacheIndex {
  readonly #entries = new Map<string, Entry>();
  readonly #now: () => number;
  #bytes = 0;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  ids(): string[] {
    return [...this.#entries.keys()];
  }

  /** Whether it is there. */
  used(id: string): boolean {
    const entry = this.#entries.get(id);
    if (entry) entry.usedAt = this.#now();
    return entry !== undefined;
  }

  add(id: string, { bytes, files }: ReportSize, usedAt = this.#now()): void {
    this.remove(id);
    const entry = { bytes: bytes + files * BYTES_PER_FILE, usedAt };
    this.#entries.set(id, entry);
    this.#bytes += entry.bytes;
  }

  remove(id: string): void {
    this.#bytes -= this.#entries.get(id)?.bytes ?? 0;
    this.#entries.delete(id);
  }

  /** The least recently used ones that must go so that the others take at most so many bytes. */
  over(maxBytes: number): string[] {
    if (this.#bytes <= maxBytes) return [];
    const before = this.#now() - IN_USE_MS;
    const unused = [...this.#entries].filter(([, { usedAt }]) => usedAt < before)
      .sort(([, one], [, other]) => one.usedAt - other.usedAt);
    const over: string[] = [];
    let bytes = this.#bytes;
    for (const [id, entry] of unused) {
      if (bytes <= maxBytes) break;
      over.push(id);
      bytes -= entry.bytes;
    }
    return over;
  }
}
