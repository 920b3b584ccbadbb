/**
 * The reports on disk. Every path that the server writes, reads or removes is made here.
 *
 * - `<root>/<id>/…` is a published report, never changed afterwards, `<root>/<id>.lines` the lines
 *   of its coverage files, and `<root>/<id>.union.lines` those of all parts that it was united with.
 * - `<root>/.staging/<server>/<id>/…` is a report being uploaded. `<root>/.staging/<server>.lock` is
 *   locked for as long as that server runs, so that others can tell left-overs from work.
 *   What such a server could not remove is in a folder without a lock.
 * - `<root>/.database` names the database whose rows point here.
 */
import { join, resolve } from "node:path";
import { OperatorError, unusable } from "../errors.ts";
import type { ByteStream } from "../http/byte_stream.ts";
import type { Log } from "../log.ts";
import type { ReportSize } from "../model/rows.ts";
import { isReportId } from "../model/urls.ts";
import type { Bucket } from "./bucket.ts";
import { exists, ifGone, listFolder, readFile, removeTree, sizeOfTree, writeFile } from "./disk.ts";

const STAGING = ".staging";
const MARKER = ".database";
/** The end of the name of an archive that is on its way to a bucket. */
const ARCHIVE = ".tar.gz";

/** A report being uploaded, in a folder that nobody reads. Paths are relative, with `/`, and safe. */
export interface StagedReport {
  /** Names the report once it is published. */
  readonly id: string;
  /** Makes a folder and those above it. */
  makeFolder(path: string): Promise<void>;
  /** Writes a file, over one of that name. Its folder must exist. */
  writeFile(path: string, content: Uint8Array | ByteStream): Promise<void>;
  /** The content of a file that was written. */
  readFile(path: string): AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** The same bytes of the archive, for whoever unpacks it; a bucket gets them, too. */
  archived(archive: ByteStream): ByteStream;
  /** Stores the encoded lines of the coverage files beside the report. */
  writeLines(lines: Uint8Array): Promise<void>;
  /** Makes it a report, atomically; `size` is that of its files, where it is known. */
  publish(size?: ReportSize): Promise<void>;
  /** Removes it, staged or published. */
  discard(): Promise<void>;
}

/** Whose lines: a report's alone, or also those of the parts that it was united with. */
export type LinesOf = "report" | "union";

export interface SweepingOptions {
  /** Only counts. */
  readonly dryRun?: boolean | undefined;
  /** Ends the sweep after what it is doing. */
  readonly signal?: AbortSignal | undefined;
  readonly log: Log;
}

export interface Amount {
  reports: number;
  bytes: number;
}

/** A server's own place in staging. */
export interface Place {
  readonly root: string;
  readonly server: string;
  readonly lock: Deno.FsFile;
}

export class ReportStore implements Disposable {
  readonly #root: string;
  readonly #server: string;
  readonly #lock: Deno.FsFile;
  #removing: Promise<void> = Promise.resolve();

  protected constructor({ root, server, lock }: Place) {
    this.#root = root;
    this.#server = server;
    this.#lock = lock;
  }

  /**
   * Makes the folder if it is missing, and a place in staging. Throws an `OperatorError` where it
   * cannot be written to.
   */
  static async open(folder: string): Promise<ReportStore> {
    return new ReportStore(await ReportStore.placeIn(folder));
  }

  protected static async placeIn(folder: string): Promise<Place> {
    const root = resolve(folder);
    await Deno.mkdir(join(root, STAGING), { recursive: true }).catch(unusable(root));
    while (true) {
      const server = crypto.randomUUID();
      const path = join(root, STAGING, `${server}.lock`);
      const lock = await Deno.open(path, { createNew: true, write: true }).catch(unusable(root));
      // Between these two lines a sweeping server may have considered it left over.
      if (await lock.tryLock(true) && await exists(path)) {
        await Deno.mkdir(join(root, STAGING, server));
        return { root, server, lock };
      }
      lock.close();
    }
  }

  /** Releases the lock and the place in staging; what is still there counts as left over. */
  [Symbol.dispose](): void {
    const place = join(this.#root, STAGING, this.#server);
    try {
      Deno.removeSync(place); // only if it is empty
      Deno.removeSync(`${place}.lock`);
    } catch {
      // The sweeper removes both.
    }
    this.#lock.close();
  }

  /**
   * Ties the folder to a database, once and for all. Throws an `OperatorError` where it belongs to
   * another one: its reports would look like left-overs, and be removed.
   */
  async belongTo(database: string): Promise<void> {
    const path = join(this.#root, MARKER);
    try {
      return await Deno.writeTextFile(path, database, { createNew: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) return unusable(this.#root)(error);
    }
    const marked = (await Deno.readTextFile(path)).trim();
    if (marked === database) return;
    const then = "then the reports that this database does not know are removed.";
    if (marked !== "") {
      throw new OperatorError(
        `The reports in ${this.#root} belong to another database. Is DATABASE_URL right? ` +
          `Set another DATA_DIR, or delete ${path}: ${then}`,
      );
    }
    for await (const _ of this.published()) {
      throw new OperatorError(
        `${path} is empty, so it does not say which database the reports belong to. If it is the ` +
          `one of DATABASE_URL, delete the file: ${then}`,
      );
    }
    await Deno.writeTextFile(path, database).catch(unusable(this.#root));
  }

  /** Where the report's files are. */
  folder(id: string): string {
    if (!isReportId(id)) throw new TypeError(`${JSON.stringify(id)} is not a report's id`);
    return join(this.#root, id);
  }

  /** The content of a file of a published report. */
  async *readFile(id: string, path: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    yield* (await this.openFile(id, path)).readable;
  }

  protected openFile(id: string, path: string): Promise<Deno.FsFile> {
    return Deno.open(join(this.folder(id), path));
  }

  /** What holds the reports where the disk is only a cache of them. */
  readonly bucket?: Bucket;

  /** Told of each use of a report; false where it may not be on the disk. */
  used(_id: string): boolean {
    return true;
  }

  /** Removes what is too much for a cache. */
  async prune(): Promise<void> {}

  /** Whether a report that was not on the disk is there now. */
  restore(_id: string): Promise<boolean> {
    return Promise.resolve(false);
  }

  async stage(id: string = crypto.randomUUID()): Promise<StagedReport> {
    const staging = this.stagedPath(id);
    await Deno.mkdir(staging, { recursive: true });
    return {
      id,
      makeFolder: (path) => Deno.mkdir(join(staging, path), { recursive: true }),
      writeFile: (path, content) => writeFile(join(staging, path), content),
      readFile: (path) => readFile(join(staging, path)),
      archived: (archive) => archive,
      writeLines: (lines) => Deno.writeFile(`${staging}.lines`, lines),
      publish: async () => {
        await Deno.rename(`${staging}.lines`, this.#linesPath(id, "report")).catch(ifGone);
        await Deno.rename(staging, this.folder(id));
      },
      discard: async () => {
        try {
          await removeTree(staging);
          await removeTree(`${staging}.lines`);
          await removeTree(`${staging}${ARCHIVE}`);
        } catch (error) {
          await this.#abandon(id);
          throw error;
        }
        await this.removeFiles(id);
      },
    };
  }

  protected stagedPath(id: string): string {
    return join(this.#root, STAGING, this.#server, id);
  }

  /** Moves what cannot be removed to where it counts as left over, although this server still runs. */
  async #abandon(id: string): Promise<void> {
    const staging = join(this.#root, STAGING);
    const place = join(staging, crypto.randomUUID());
    await Deno.mkdir(place);
    for (const name of [id, `${id}.lines`, `${id}${ARCHIVE}`]) {
      await Deno.rename(join(staging, this.#server, name), join(place, name)).catch(ifGone);
    }
  }

  /** Removes a published report with its lines; one that is gone already is no error. */
  async remove(id: string): Promise<void> {
    await this.removeFiles(id);
  }

  protected async removeFiles(id: string): Promise<void> {
    await removeTree(this.folder(id));
    await removeTree(this.#linesPath(id, "report"));
    await removeTree(this.#linesPath(id, "union"));
  }

  /** Removes a report from the disk: at once for all who look for it, and then its files. */
  protected async evict(id: string): Promise<void> {
    const place = this.stagedPath(crypto.randomUUID());
    await Deno.rename(this.folder(id), place).catch(ifGone);
    await removeTree(place);
    await this.removeFiles(id);
  }

  /** Removes reports. What cannot be removed is left to the sweeper, as is the rest once `signal` aborts. */
  async removeAll(ids: readonly string[], log: Log, signal?: AbortSignal): Promise<void> {
    for (const id of ids) {
      if (signal?.aborted) return;
      try {
        await this.remove(id);
      } catch (error) {
        log.warn("a report could not be removed", { report: id, error });
      }
    }
  }

  /** Removes reports after everything that is being removed. */
  removeLater(ids: readonly string[], log: Log): void {
    this.#removing = this.#removing.then(() => this.removeAll(ids, log));
  }

  /** Waits until nothing is being removed. */
  async settled(): Promise<void> {
    await this.#removing;
  }

  /** The encoded lines of a report; undefined where none are stored. */
  async readLines(
    id: string,
    of: LinesOf = "report",
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return await Deno.readFile(this.#linesPath(id, of)).catch(ifGone);
  }

  async writeLines(id: string, lines: Uint8Array, of: LinesOf = "report"): Promise<void> {
    await Deno.writeFile(this.#linesPath(id, of), lines);
  }

  #linesPath(id: string, of: LinesOf): string {
    return `${this.folder(id)}${of === "union" ? ".union" : ""}.lines`;
  }

  /** The ids of published reports, and of lines without a report. */
  async *published(): AsyncGenerator<string> {
    for await (const { name, isDirectory } of Deno.readDir(this.#root)) {
      const id = isDirectory ? name : name.replace(/(\.union)?\.lines$/, "");
      if (isReportId(id) && (isDirectory || !await exists(this.folder(id)))) yield id;
    }
  }

  /** When a report was published; undefined where there is none. */
  async publishedAt(id: string): Promise<Date | undefined> {
    const info = await Deno.stat(this.folder(id)).catch(ifGone) ??
      await Deno.stat(this.#linesPath(id, "report")).catch(ifGone) ??
      await Deno.stat(this.#linesPath(id, "union")).catch(ifGone);
    // A rename sets the folder's change time; its modification time is when it was last filled.
    return info && (info.ctime ?? info.mtime ?? new Date());
  }

  /** The size of a published report; 0 where there is none. */
  async size(id: string): Promise<ReportSize> {
    return await sizeOfTree(this.folder(id));
  }

  /**
   * Removes what servers that no longer run have left in staging. What cannot be removed, another
   * user's for instance, is logged and not counted.
   */
  async sweepStaging({ dryRun, signal, log }: SweepingOptions): Promise<Amount> {
    const staging = join(this.#root, STAGING);
    const entries = await Array.fromAsync(Deno.readDir(staging));
    // Each of them has a folder and a lock, or what is left of these.
    const servers = new Set(entries.map(({ name }) => name.replace(/\.lock$/, "")));
    const swept = { reports: 0, bytes: 0 };
    for (const server of servers) {
      if (signal?.aborted) break;
      if (server === this.#server) continue;
      const folder = join(staging, server);
      const lockPath = `${folder}.lock`;
      let lock: Deno.FsFile | undefined;
      try {
        lock = await Deno.open(lockPath, { write: true }).catch(ifGone);
        if (lock && !await lock.tryLock(true)) continue;
        const staged = (await listFolder(folder)).filter(({ isDirectory }) => isDirectory);
        const { bytes } = await sizeOfTree(folder);
        if (!dryRun) {
          await removeTree(folder);
          await removeTree(lockPath);
        }
        swept.reports += staged.length;
        swept.bytes += bytes;
      } catch (error) {
        const what = "left-overs of a server could not be removed from staging";
        log.warn(what, { server, error });
      } finally {
        lock?.close();
      }
    }
    return swept;
  }
}
