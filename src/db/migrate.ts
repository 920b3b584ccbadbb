/** Brings a database to the schema that this version needs. */
import type { Sql, TransactionSql } from "postgres";
import { OperatorError } from "../errors.ts";

interface Migration {
  /** File name without `.sql`; migrations are applied in the order of their names. */
  readonly name: string;
  readonly sql: string;
}

/** Any constant, the same in every version of the server. */
const ADVISORY_LOCK = 7_236_641_020_331;

/** The migrations of this version, which are beside the code. */
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

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const DUPLICATE_TABLE = "42P07";

/** The oldest Postgres that the server works with, as `server_version_num` writes it. */
const OLDEST_POSTGRES = 150_000;

/**
 * Applies what the journal lacks, all in one transaction under an advisory lock: of servers that
 * start at once, one migrates and the others find it done. Returns the names applied. Throws an
 * `OperatorError` for a Postgres that is too old, for a database of a newer version, and for one that
 * has tables of another program.
 */
export async function migrate(sql: Sql, migrations: readonly Migration[]): Promise<string[]> {
  return await sql.begin(async (tx) => {
    const [server] = await tx<{ number: number; version: string }[]>`
      select current_setting('server_version_num')::int as number,
        current_setting('server_version') as version`;
    if (server && server.number < OLDEST_POSTGRES) {
      throw new OperatorError(
        `The database is Postgres ${server.version}; it must be 15 or later.`,
      );
    }
    await tx`set local statement_timeout = 0`; // another server may be migrating
    await tx`select pg_advisory_xact_lock(${ADVISORY_LOCK})`;
    await refuseForeignJournal(tx);
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
      await tx.unsafe(statements).catch((error) => {
        throw error.code === DUPLICATE_TABLE ? foreignTable(error.message, error) : error;
      });
    }
    return missing.map((migration) => migration.name);
  });
}

/** Many programs have a table of that name. */
async function refuseForeignJournal(tx: TransactionSql): Promise<void> {
  const columns = await tx<{ name: string }[]>`
    select column_name as name from information_schema.columns
    where table_schema = current_schema() and table_name = 'migrations' order by 1`;
  const names = columns.map(({ name }) => name).join();
  if (names !== "" && names !== "applied_at,name") throw foreignTable("migrations");
}

function foreignTable(table: string, cause?: unknown): OperatorError {
  return new OperatorError(
    `The database has tables of another program (${table}); DATABASE_URL must name a database of its own.`,
    { cause },
  );
}
