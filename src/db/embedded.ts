/** The embedded database: Postgres compiled to WebAssembly, reached like any other Postgres. */
import { basename, join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { OperatorError, unusable } from "../errors.ts";
import type { Answer } from "./initdb_worker.ts";

/** The Postgres of this PGlite, as `PG_VERSION` in its folder says. */
const POSTGRES = "18";
/** A segment of its write-ahead log, for which there must be room. */
const LEAST_FREE_BYTES = 16 * 1024 * 1024;
/** One session needs no more: 120 MB less than Postgres' defaults, and opened in two thirds of the time. */
export const OPTIONS = {
  startParams: [
    ...PGlite.defaultStartParams,
    ...["-c", "shared_buffers=16MB", "-c", "max_connections=10"],
  ],
};
const SOCKET = ".s.PGSQL.5432";
const SOCKET_FOLDER = "coverage-server-";

interface EmbeddedDatabase {
  /** What the `postgres` client connects with. */
  readonly options: { path: string } | { host: string; port: number };
  /** Writes everything to disk and stops it. */
  close(): Promise<void>;
}

/**
 * Starts the database in `folder`, created if missing. One process at a time may use a folder. Throws an
 * `OperatorError` where another one does, and for a folder that cannot be written to or holds no
 * database of this version.
 */
export async function startEmbedded(folder: string): Promise<EmbeddedDatabase> {
  return await serve(await openEmbedded(folder));
}

/** Puts it behind a socket. */
export async function serve({ db, lock, close }: OpenDatabase): Promise<EmbeddedDatabase> {
  try {
    // A socket in a folder that only this user can enter; a port would be open to all on the machine.
    const socketFolder = Deno.build.os === "windows" ? undefined : await makeSocketFolder(lock);
    const path = socketFolder && join(socketFolder, SOCKET);
    const server = new PGLiteSocketServer(
      path
        ? { db, path, maxConnections: 4 }
        : { db, host: "127.0.0.1", port: 0, maxConnections: 4 },
    );
    await server.start();
    return {
      options: path ? { path } : tcpAddress(server.getServerConn()),
      async close() {
        await server.stop();
        if (socketFolder) await Deno.remove(socketFolder, { recursive: true });
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** One without a socket. */
interface OpenDatabase {
  db: PGlite;
  /** Undefined for one in memory. */
  lock: Deno.FsFile | undefined;
  close(): Promise<void>;
}

/** The same without a socket. */
export async function openEmbedded(folder: string): Promise<OpenDatabase> {
  const lock = await lockFolder(folder);
  try {
    const db = await openFolder(folder);
    return {
      db,
      lock,
      async close() {
        await db.close();
        lock.close();
      },
    };
  } catch (error) {
    lock.close();
    throw error;
  }
}

/**
 * Opens the database in a folder, or makes one in an empty folder. PGlite makes one wherever
 * `PG_VERSION` is missing, over everything that is there; so a folder that is not empty is refused then,
 * unless a first start was cut short, as a file beside it says.
 */
async function openFolder(folder: string): Promise<PGlite> {
  const unfinished = `${folder}.new`;
  const isUnfinished = await Deno.stat(unfinished).then(() => true, () => false);
  if (isUnfinished) await empty(folder);
  const isEmpty = (await Array.fromAsync(Deno.readDir(folder))).length === 0;
  if (isEmpty) {
    await Deno.writeTextFile(unfinished, "").catch(unusable(folder));
    await createDatabase(folder).catch((error) => explain(error, folder));
    await Deno.remove(unfinished);
  } else {
    await checkVersion(folder);
  }
  return await PGlite.create(folder, OPTIONS).catch((error) => explain(error, folder));
}

/** On a thread, whose end frees the memory of initdb: half a gigabyte that would stay otherwise. */
async function createDatabase(folder: string): Promise<void> {
  const worker = new Worker(new URL("./initdb_worker.ts", import.meta.url), {
    type: "module",
    deno: { permissions: "inherit" }, // Deno lets nothing less than all of them write below /dev/shm
  });
  try {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    worker.onmessage = ({ data }: MessageEvent<Answer>) =>
      data === "made" ? resolve() : reject(data.failure);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
    worker.postMessage(folder);
    await promise;
  } finally {
    worker.terminate();
  }
}

async function empty(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    await Deno.remove(join(folder, name), { recursive: true });
  }
}

async function checkVersion(folder: string): Promise<void> {
  const version = await Deno.readTextFile(join(folder, "PG_VERSION")).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) return unusable(folder)(error);
    throw new OperatorError(
      `${folder} has files and no PG_VERSION, so it is no whole database, and nothing was changed in it. ` +
        "Restore a backup, or move it away to start with an empty database.",
    );
  });
  if (version.trim() === POSTGRES) return;
  throw new OperatorError(
    `The embedded database in ${folder} is of Postgres ${version.trim()}; this version of the server ` +
      `has ${POSTGRES}. Export it with the version that made it, and import the file with this one.`,
  );
}

/** PGlite says no more than that it failed. */
async function explain(cause: unknown, folder: string): Promise<never> {
  await probe(`${folder}.probe`).catch(unusable(folder));
  throw new OperatorError(
    `The embedded database in ${folder} cannot be opened: its files are damaged. Restore a backup, ` +
      "or move it away to start with an empty database.",
    { cause },
  );
}

/** Fails where the disk has no room for a database to open. */
async function probe(path: string): Promise<void> {
  try {
    await Deno.writeFile(path, new Uint8Array(LEAST_FREE_BYTES));
  } finally {
    await Deno.remove(path).catch(() => {});
  }
}

function tcpAddress(connection: string): { host: string; port: number } {
  const colon = connection.lastIndexOf(":");
  return { host: connection.slice(0, colon), port: Number(connection.slice(colon + 1)) };
}

/**
 * Makes a folder for the socket and removes that of a server that was killed. It is not in `DATA_DIR`,
 * whose path may be too long for a socket and whose disk may have none; the lock file has its path.
 */
async function makeSocketFolder(lock: Deno.FsFile | undefined): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: SOCKET_FOLDER });
  if (!lock) return folder;
  const bytes = new Uint8Array(4096);
  await lock.seek(0, Deno.SeekMode.Start);
  const former = new TextDecoder().decode(bytes.subarray(0, await lock.read(bytes) ?? 0));
  if (basename(former).startsWith(SOCKET_FOLDER)) {
    for (const path of [join(former, SOCKET), former]) await Deno.remove(path).catch(() => {});
  }
  await lock.truncate();
  await lock.seek(0, Deno.SeekMode.Start);
  await lock.write(new TextEncoder().encode(folder));
  return folder;
}

/** Two processes that write to one folder would destroy it; the lock ends with the process. */
async function lockFolder(folder: string): Promise<Deno.FsFile> {
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 }).catch(unusable(folder));
  const file = await Deno.open(`${folder}.lock`, {
    create: true,
    read: true,
    write: true,
    mode: 0o600,
  }).catch(unusable(folder));
  if (await file.tryLock(true)) return file;
  file.close();
  throw new OperatorError(
    `The embedded database in ${folder} is in use by another server; ` +
      "stop that one, set another DATA_DIR, or set DATABASE_URL to share a Postgres.",
  );
}
