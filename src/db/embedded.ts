/**
 * The embedded database: Postgres compiled to WebAssembly, reached like any other Postgres.
 *
 * @module
 */
import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { OperatorError, unusable } from "../errors.ts";

export interface EmbeddedDatabase {
  /** What the `postgres` client connects with. */
  readonly options: { path: string } | { host: string; port: number };
  /** Writes everything to disk and stops it. */
  close(): Promise<void>;
}

/**
 * Starts the database in `folder`, created if missing; without a folder in memory. One process at a time may
 * use a folder; throws an `OperatorError` where another one does, or it cannot be written to.
 */
export async function startEmbedded(folder?: string): Promise<EmbeddedDatabase> {
  const { db, close } = await openEmbedded(folder);
  try {
    // A socket in a folder that only this user can enter; a port would be open to all on the machine.
    const socketFolder = Deno.build.os === "windows" ? undefined : await Deno.makeTempDir();
    const path = socketFolder && `${socketFolder}/.s.PGSQL.5432`;
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
        await close();
        if (socketFolder) await Deno.remove(socketFolder, { recursive: true });
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The same without a socket. */
export async function openEmbedded(
  folder?: string,
): Promise<{ db: PGlite; close(): Promise<void> }> {
  const lock = folder === undefined ? undefined : await lockFolder(folder);
  try {
    const db = await PGlite.create(folder ?? "memory://");
    return {
      db,
      async close() {
        await db.close();
        lock?.close();
      },
    };
  } catch (error) {
    lock?.close();
    throw error;
  }
}

function tcpAddress(connection: string): { host: string; port: number } {
  const colon = connection.lastIndexOf(":");
  return { host: connection.slice(0, colon), port: Number(connection.slice(colon + 1)) };
}

/** Two processes that write to one folder would destroy it; the lock ends with the process. */
async function lockFolder(folder: string): Promise<Deno.FsFile> {
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 }).catch(unusable(folder));
  const file = await Deno.open(`${folder}.lock`, { create: true, write: true, mode: 0o600 })
    .catch(unusable(folder));
  if (await file.tryLock(true)) return file;
  file.close();
  throw new OperatorError(
    `The embedded database in ${folder} is in use by another server; ` +
      "stop that one, set another DATA_DIR, or set DATABASE_URL to share a Postgres.",
  );
}
