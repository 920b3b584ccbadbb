/**
 * An empty database for each test. `run.ts` makes one for all files, whose tests run one after the
 * other; a file that is run alone makes its own when it first needs it.
 *
 * @module
 */
import type { Sql } from "postgres";
import { connect } from "../../src/db/connect.ts";
import { migrate, readMigrations } from "../../src/db/migrate.ts";
import { type OwnDatabase, ownDatabase } from "./own_database.ts";

let own: Promise<OwnDatabase> | undefined;
Deno.test.afterAll(async () => await (await own)?.[Symbol.asyncDispose]());

/** Whether the tests run on a Postgres rather than on the embedded database. */
export const ON_POSTGRES = Deno.env.has("TEST_DATABASE")
  ? Deno.env.get("TEST_DATABASE")!.startsWith('"')
  : !!Deno.env.get("DATABASE_URL");

export interface TestDatabase extends AsyncDisposable {
  readonly sql: Sql;
  readonly target: OwnDatabase["target"];
}

/** Empties the database; dispose it when the test is over. */
export async function emptyDatabase(): Promise<TestDatabase> {
  const made = Deno.env.get("TEST_DATABASE");
  const target = made ? JSON.parse(made) : (await (own ??= ownDatabase())).target;
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
