// An empty database for each test. `run.ts` makes one for files that run one after the other; a
// file that is run alone makes its own when it first needs it.
import type { Sql } from "postgres";
import { connect } from "../../src/db/connect.ts";
import { migrate, readMigrations } from "../../src/db/migrate.ts";
import { type OwnDatabase, ownDatabase } from "./own_database.ts";

const MIGRATED = "migrated";

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

/** One without tables; dispose it when the test is over. */
export async function emptyDatabase(): Promise<TestDatabase> {
  const database = await openDatabase();
  await database.sql.unsafe("drop schema public cascade; create schema public");
  return database;
}

/** One with empty tables; dispose it when the test is over. */
export async function testDatabase(): Promise<TestDatabase> {
  const { sql, ...database } = await openDatabase();
  // The comment says that a test before has migrated. Emptying its tables takes a tenth of the time;
  // to delete a few rows, a sixth of that.
  const [schema] = await sql`
    select obj_description('public'::regnamespace, 'pg_namespace') as state,
      (select sum(last_value) from pg_sequences where schemaname = 'public')::float8 as rows`;
  if (schema?.state === MIGRATED) {
    await sql.unsafe(
      schema.rows > 500
        ? "truncate repositories, coverages, parts restart identity"
        : `delete from parts; delete from coverages; delete from repositories;
          select setval(s, 1, false) from unnest('{repositories_id_seq,coverages_id_seq}'::regclass[]) s`,
    );
    await sql`update identity set id = default`;
  } else {
    await sql.unsafe("drop schema public cascade; create schema public");
    await migrate(sql, await readMigrations());
    await sql.unsafe(`comment on schema public is '${MIGRATED}'`);
  }
  return { sql, ...database };
}

async function openDatabase(): Promise<TestDatabase> {
  const made = Deno.env.get("TEST_DATABASE");
  const target = made ? JSON.parse(made) : (await (own ??= ownDatabase())).target;
  const sql = connect(target);
  return { sql, target, [Symbol.asyncDispose]: () => sql.end({ timeout: 5 }) };
}
