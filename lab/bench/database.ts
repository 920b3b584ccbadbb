/**
 * Databases to fill and measure.
 *
 * @module
 */
import { join } from "node:path";
import { connect, openDatabase } from "../../src/db/connect.ts";
import { migrate, readMigrations } from "../../src/db/migrate.ts";
import type { Sql } from "postgres";

/** A migrated database; dispose it to drop it. */
export interface BenchDatabase extends AsyncDisposable {
  /** A client of it. */
  readonly sql: Sql;
  /** Whether it is the embedded one. */
  readonly embedded: boolean;
}

/**
 * Makes a database on the server at `DATABASE_URL`, or without that, or when it has to be `embedded`,
 * one in `folder`, where a server with that data folder looks for it.
 */
export async function makeDatabase(
  folder: string,
  { embedded = false } = {},
): Promise<BenchDatabase> {
  const server = embedded ? undefined : Deno.env.get("DATABASE_URL") || undefined;
  const own = server === undefined ? undefined : await createOn(server);
  try {
    const database = await openDatabase({ url: own?.url, folder: join(folder, "postgres") });
    const close = async () => {
      await database.close();
      await own?.drop();
    };
    try {
      await migrate(database.sql, await readMigrations());
    } catch (error) {
      await database.close();
      throw error;
    }
    return { sql: database.sql, embedded: database.embedded, [Symbol.asyncDispose]: close };
  } catch (error) {
    await own?.drop();
    throw error;
  }
}

async function createOn(server: string): Promise<{ url: string; drop: () => Promise<void> }> {
  const name = `coverage_bench_${crypto.randomUUID().replaceAll("-", "")}`;
  const administer = async (statement: string) => {
    const admin = connect(server);
    try {
      await admin.unsafe(statement);
    } finally {
      await admin.end({ timeout: 5 });
    }
  };
  await administer(`create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => administer(`drop database ${name} with (force)`) };
}
