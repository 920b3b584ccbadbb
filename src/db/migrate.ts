/**
 * Brings a database to the schema that this version needs.
 *
 * @module
 */
import type { Sql } from "postgres";
import { OperatorError } from "../errors.ts";

/** A numbered, immutable step. */
export interface Migration {
  /** File name without `.sql`; they are applied in the order of their names. */
  readonly name: string;
  /** Its statements. */
  readonly sql: string;
}

/** Any constant will do, as long as every version of the server uses the same. */
const ADVISORY_LOCK = 7_236_641_020_331;

/** The migrations of this version; found beside the code, so that the working folder is of no matter. */
export async function readMigrations(): Promise<Migration[]> {
  const folder = new URL("../../migrations/", import.meta.url);
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".sql")) names.push(name);
  }
  return await Promise.all(
    names.sort().map(async (name) => ({
      name: name.slice(0, -".sql".length),
      sql: await Deno.readTextFile(new URL(name, folder)),
    })),
  );
}

/**
 * Applies what the journal lacks, all in one transaction under an advisory lock: of servers that
 * start at once, one migrates and the others find it done. Returns the names applied. Throws when
 * the journal knows a migration that this version does not, which is a database of a newer one.
 */
export async function migrate(sql: Sql, migrations: readonly Migration[]): Promise<string[]> {
  return await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${ADVISORY_LOCK})`;
    await tx`
      create table if not exists migrations (
        name text primary key,
        applied_at timestamptz not null default clock_timestamp()
      )`;
    const rows = await tx<{ name: string }[]>`select name from migrations order by name`;
    const applied = new Set(rows.map((row) => row.name));
    const known = new Set(migrations.map((migration) => migration.name));
    const newer = [...applied].filter((name) => !known.has(name));
    if (newer.length > 0) {
      throw new OperatorError(
        `The database was migrated by a newer version (${newer.join(", ")}); start that version.`,
      );
    }
    const missing = migrations.filter((migration) => !applied.has(migration.name));
    for (const { name, sql: statements } of missing) {
      await tx`insert into migrations (name) values (${name})`;
      await tx.unsafe(statements);
    }
    return missing.map((migration) => migration.name);
  });
}
