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
import type { ByteStream } from "../http/byte_stream.ts";
import type { ReportSize } from "../model/rows.ts";
import type { Log } from "../log.ts";
import type { Bucket } from "./bucket.ts";
import { isReportId } from "./report_id.ts";
import { removeReports } from "./remove.ts";
import { OperatorError, unusable } from "../errors.ts";

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
  /** Writes a file whole, over one of that name. Its folder must exist. */
  writeFile(path: string, bytes: Uint8Array): Promise<void>;
  /** Opens an emptied file to write to. Its folder must exist. */
  createFile(path: string): Promise<Deno.FsFile>;
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

/** What a server that no longer runs has left in staging. */
export interface LeftOver {
  readonly server: string;
  /** How many reports it was about to publish. */
  readonly reports: number;
  size(): Promise<ReportSize>;
  remove(): Promise<void>;
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
      await Deno.writeTextFile(path, database, { createNew: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) return unusable(this.#root)(error);
      const marked = (await Deno.readTextFile(path)).trim();
      if (marked === database) return;
      if (marked === "") return await this.#markAgain(path, database);
      throw new OperatorError(
        `The reports in ${this.#root} belong to another database. Is DATABASE_URL right? ` +
          `Set another DATA_DIR, or delete ${path}: then the reports that this database does not know are removed.`,
      );
    }
  }

  /** Without its content, the mark says nothing about whose reports these are. */
  async #markAgain(path: string, database: string): Promise<void> {
    const reports = await Array.fromAsync(this.published());
    if (reports.length === 0) {
      return await Deno.writeTextFile(path, database).catch(unusable(this.#root));
    }
    throw new OperatorError(
      `${path} is empty, so it does not say which database the reports belong to. If it is the one of ` +
        `DATABASE_URL, delete the file: then the reports that this database does not know are removed.`,
    );
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
      writeFile: (path, bytes) =>
        writing(join(staging, path), (file) => Deno.writeFile(file, bytes)),
      createFile: (path) =>
        writing(
          join(staging, path),
          (file) => Deno.open(file, { write: true, create: true, truncate: true }),
        ),
      readFile: (path) => readFile(join(staging, path)),
      archived: (archive) => archive,
      writeLines: (lines) => Deno.writeFile(`${staging}.lines`, lines),
      publish: async () => {
        await Deno.rename(`${staging}.lines`, `${this.folder(id)}.lines`).catch(ifGone);
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
    await removeTree(`${this.folder(id)}.lines`);
    await removeTree(`${this.folder(id)}.union.lines`);
  }

  /** Removes a report from the disk: at once for all who look for it, and then its files. */
  protected async evict(id: string): Promise<void> {
    const place = this.stagedPath(crypto.randomUUID());
    await Deno.rename(this.folder(id), place).catch(ifGone);
    await removeTree(place);
    await this.removeFiles(id);
  }

  /** Removes reports after everything that is being removed; what cannot be is left to the sweeper. */
  removeLater(ids: readonly string[], log: Log): void {
    this.#removing = this.#removing.then(() => removeReports(this, ids, log));
  }

  /** Waits until nothing is being removed. */
  async settled(): Promise<void> {
    await this.#removing;
  }

  /** The encoded lines of a report alone; undefined where none are stored. */
  async readLines(id: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return await Deno.readFile(`${this.folder(id)}.lines`).catch(ifGone);
  }

  async writeLines(id: string, lines: Uint8Array): Promise<void> {
    await Deno.writeFile(`${this.folder(id)}.lines`, lines);
  }

  /** The encoded lines of a report and the parts that it was united with; undefined without parts. */
  async readUnion(id: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return await Deno.readFile(`${this.folder(id)}.union.lines`).catch(ifGone);
  }

  async writeUnion(id: string, lines: Uint8Array): Promise<void> {
    await Deno.writeFile(`${this.folder(id)}.union.lines`, lines);
  }

  /** The ids of published reports, of lines without a report as well. */
  async *published(): AsyncGenerator<string> {
    for await (const { name, isDirectory } of Deno.readDir(this.#root)) {
      const id = isDirectory ? name : name.replace(/(\.union)?\.lines$/, "");
      if (isReportId(id)) yield id;
    }
  }

  /** When a report was published; undefined where there is none. */
  async publishedAt(id: string): Promise<Date | undefined> {
    const folder = this.folder(id);
    const info = await Deno.stat(folder).catch(ifGone) ??
      await Deno.stat(`${folder}.lines`).catch(ifGone);
    // A rename sets the folder's change time; its modification time is when it was last filled.
    return info && (info.ctime ?? info.mtime ?? new Date());
  }

  /** The size of a published report; 0 where there is none. */
  async size(id: string): Promise<ReportSize> {
    return await sizeOfTree(this.folder(id));
  }

  /** What servers that no longer run have left in staging; `failed` gets those that cannot be read. */
  async *leftOvers(failed: (server: string, error: unknown) => void): AsyncGenerator<LeftOver> {
    const staging = join(this.#root, STAGING);
    const entries = await Array.fromAsync(Deno.readDir(staging));
    // Each of them has a folder and a lock, or what is left of these.
    const servers = new Set(entries.map(({ name }) => name.replace(/\.lock$/, "")));
    for (const server of servers) {
      if (server === this.#server) continue;
      const folder = join(staging, server);
      const lockPath = `${folder}.lock`;
      let lock: Deno.FsFile | undefined;
      try {
        lock = await Deno.open(lockPath, { write: true }).catch(ifGone);
        if (lock && !await lock.tryLock(true)) continue;
        const entries = await listFolder(folder);
        const reports = entries.filter(({ isDirectory }) => isDirectory).length;
        yield {
          server,
          reports,
          size: () => sizeOfTree(folder),
          async remove() {
            await removeTree(folder);
            await removeTree(lockPath);
          },
        };
      } catch (error) {
        failed(server, error);
      } finally {
        lock?.close();
      }
    }
  }
}

/** Writes to a file. Of a folder in its place Windows only says that it may not be written to. */
async function writing<T>(path: string, write: (path: string) => Promise<T>): Promise<T> {
  try {
    return await write(path);
  } catch (error) {
    if (Deno.build.os !== "windows") throw error;
    const isFolder = await Deno.stat(path).then((info) => info.isDirectory, () => false);
    throw isFolder ? new Deno.errors.IsADirectory(path, { cause: error }) : error;
  }
}

async function* readFile(path: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  yield* (await Deno.open(path)).readable;
}

export async function removeTree(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch(ifGone);
}

/** What is in a folder; nothing where there is none. */
async function listFolder(path: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(path));
  } catch (error) {
    ifGone(error);
    return [];
  }
}

async function sizeOfTree(path: string): Promise<ReportSize> {
  let files = 0, bytes = 0;
  for (const { name, isDirectory } of await listFolder(path)) {
    const below = join(path, name);
    if (isDirectory) {
      const size = await sizeOfTree(below);
      files += size.files;
      bytes += size.bytes;
    } else {
      files++;
      bytes += (await Deno.lstat(below).catch(ifGone))?.size ?? 0;
    }
  }
  return { files, bytes };
}

export async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, (error) => {
    ifGone(error);
    return false;
  });
}

/** Turns "not found" into nothing, and lets every other failure through. */
function ifGone(error: unknown): undefined {
  if (error instanceof Deno.errors.NotFound) return undefined;
  throw error;
}
