// Databases of one's own, on the Postgres at `DATABASE_URL` or embedded.
import { PGlite } from "@electric-sql/pglite";
import { connect } from "../../src/db/connect.ts";
import { OPTIONS, serve } from "../../src/db/embedded.ts";

/** A new database; dispose it to drop it. */
export interface OwnDatabase extends AsyncDisposable {
  /** What a client connects with: a URL, or the options of an embedded one. */
  readonly target: string | { path: string; max: 1 } | { host: string; port: number; max: 1 };
}

/** Creates one on the Postgres at that URL, or without a URL an embedded one in memory: a copy of `image`, or a new one. */
export async function ownDatabase(
  { server = Deno.env.get("DATABASE_URL"), image }: { server?: string; image?: Blob } = {},
): Promise<OwnDatabase> {
  if (!server) {
    const { options, close } = await inMemory(image);
    // It is one session behind a socket: statements of two connections would mix.
    return { target: { ...options, max: 1 }, [Symbol.asyncDispose]: close };
  }
  const name = `coverage_test_${crypto.randomUUID().replaceAll("-", "")}`;
  const url = new URL(server);
  url.pathname = `/${name}`;
  await administer(server, `create database ${name}`);
  return {
    target: url.href,
    [Symbol.asyncDispose]: () => administer(server, `drop database ${name} with (force)`),
  };
}

/** Copying takes half a second, making one five. */
async function inMemory(image?: Blob) {
  const options = image ? { ...OPTIONS, loadDataDir: image } : OPTIONS;
  const db = await PGlite.create("memory://", options);
  return await serve({ db, lock: undefined, close: () => db.close() });
}

async function administer(server: string, statement: string): Promise<void> {
  const sql = connect(server);
  try {
    await sql.unsafe(statement);
  } finally {
    await sql.end({ timeout: 5 });
  }
}
