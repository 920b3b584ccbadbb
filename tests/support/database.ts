/**
 * A database for each test: of the Postgres at `DATABASE_URL`, or of an embedded one, which each
 * test file starts for itself.
 *
 * @module
 */
import type { Sql } from "postgres";
import { connect } from "../../src/db/connect.ts";
import { type EmbeddedDatabase, startEmbedded } from "../../src/db/embedded.ts";
import { migrate, readMigrations } from "../../src/db/migrate.ts";

const server = Deno.env.get("DATABASE_URL");
// Started before the first test, which it therefore does not belong to.
const embedded: EmbeddedDatabase | undefined = server ? undefined : await startEmbedded();
if (embedded) {
  Deno.test.afterAll(() => embedded.close());
  // Its first statement starts timers of its own, which are no test's either.
  const sql = connect({ ...embedded.options, max: 1 });
  await sql`select 1`;
  await sql.end();
}

/** A database that is a test's own. */
export interface TestDatabase extends AsyncDisposable {
  /** A client of it. */
  readonly sql: Sql;
  /** What another client of it connects with. */
  readonly target: Parameters<typeof connect>[0];
}

/** Makes an empty database; dispose it to drop it. */
export async function emptyDatabase(): Promise<TestDatabase> {
  if (embedded) {
    const target = { ...embedded.options, max: 1 };
    const sql = connect(target);
    // It has one database only; each test has it to itself, for a while.
    await sql.unsafe("drop schema public cascade; create schema public");
    return { sql, target, [Symbol.asyncDispose]: () => sql.end({ timeout: 5 }) };
  }
  const admin = connect(server!);
  const name = `coverage_test_${crypto.randomUUID().replaceAll("-", "")}`;
  await admin.unsafe(`create database ${name}`);
  const url = new URL(server!);
  url.pathname = `/${name}`;
  const sql = connect(url.href);
  return {
    sql,
    target: url.href,
    async [Symbol.asyncDispose]() {
      await sql.end({ timeout: 5 });
      await admin.unsafe(`drop database ${name} with (force)`);
      await admin.end({ timeout: 5 });
    },
  };
}

/** Makes a migrated database; dispose it to drop it. */
export async function testDatabase(): Promise<TestDatabase> {
  const database = await emptyDatabase();
  await migrate(database.sql, await readMigrations());
  return database;
}
