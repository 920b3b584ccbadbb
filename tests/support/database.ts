/**
 * A database for each test: the one that `run.ts` has made for the tests, emptied, because they run
 * one after the other.
 *
 * @module
 */
import type { Sql } from "postgres";
import { connect } from "../../src/db/connect.ts";
import { migrate, readMigrations } from "../../src/db/migrate.ts";

const made = Deno.env.get("TEST_DATABASE");
if (!made) throw new Error("Run the tests by `deno task test [file]`.");
const options: string | { path: string } = JSON.parse(made);
// The embedded database is one session; see `openDatabase`.
const target = typeof options === "string" ? options : { ...options, max: 1 };

/** A database that is a test's own. */
export interface TestDatabase extends AsyncDisposable {
  /** A client of it. */
  readonly sql: Sql;
  /** What another client of it connects with. */
  readonly target: Parameters<typeof connect>[0];
}

/** Empties the database; dispose it when the test is over. */
export async function emptyDatabase(): Promise<TestDatabase> {
  const sql = connect(target);
  await sql.unsafe("drop schema public cascade; create schema public");
  return { sql, target, [Symbol.asyncDispose]: () => sql.end({ timeout: 5 }) };
}

/** Empties and migrates the database; dispose it when the test is over. */
export async function testDatabase(): Promise<TestDatabase> {
  const database = await emptyDatabase();
  await migrate(database.sql, await readMigrations());
  return database;
}
