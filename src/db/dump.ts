/**
 * Moves a database: the embedded one as SQL that `psql` reads, and such SQL into an empty database.
 * A dump carries the database's identity along, which its reports folder belongs to.
 */
import postgres, { type Sql, type TransactionSql } from "postgres";
import { OperatorError } from "../errors.ts";
import { openEmbedded } from "./embedded.ts";

/** Every pg_dump ends a plain dump with this line. */
const LAST_LINE = "-- PostgreSQL database dump complete";

/** The database in `folder` as SQL. Its server must be stopped. */
export async function dumpEmbedded(folder: string): Promise<string> {
  // Loaded only here, since no server needs it.
  const { pgDump } = await import("@electric-sql/pglite-tools/pg_dump");
  const { db, close } = await openEmbedded(folder);
  try {
    const dump = await pgDump({ pg: db, args: ["--no-owner", "--no-privileges"] });
    // Postgres 17 has this setting; 15 and 16 refuse it.
    return (await dump.text()).replace(/^SET transaction_timeout = 0;\n/m, "");
  } finally {
    await close();
  }
}

/**
 * Runs what {@linkcode dumpEmbedded} or `pg_dump --inserts` wrote: all of it or nothing. `identified`
 * gets the database's identity before anything is committed. Returns the number of uploads.
 */
export async function restoreDump(
  sql: Sql,
  dump: string,
  identified: (identity: string) => Promise<void>,
): Promise<number> {
  if (!dump.includes(LAST_LINE)) {
    throw new OperatorError(
      "The file is not a complete SQL dump. Make one with export, or with pg_dump --inserts.",
    );
  }
  if (/^COPY .* FROM stdin;$/m.test(dump)) {
    throw new OperatorError("The dump has COPY statements. Make it with pg_dump --inserts.");
  }
  // Commands of psql's own, which newer versions of pg_dump write.
  const statements = dump.replaceAll(/^\\(un)?restrict .*$/gm, "");
  const uploads = await sql.begin(async (tx) => {
    const tables = await tx`select tablename from pg_tables where schemaname = 'public'`;
    if (tables.length > 0) {
      const names = tables.map(({ tablename }) => tablename).sort().join(", ");
      throw new OperatorError(`The database is not empty: it has ${names}. Import into a new one.`);
    }
    const found = await run(tx, statements).catch((error) => {
      if (!(error instanceof postgres.PostgresError)) throw error;
      throw new OperatorError(`The dump was not imported: ${error.message}.`, { cause: error });
    });
    await identified(found.identity);
    return found.uploads;
  });
  // The embedded database has no process that does this in the background.
  await sql`analyze`;
  return uploads;
}

async function run(
  tx: TransactionSql,
  statements: string,
): Promise<{ identity: string; uploads: number }> {
  await tx.unsafe(statements);
  const [found] = await tx<{ identity: string; uploads: number }[]>`
    select id as identity, (select count(*)::int from public.coverages) as uploads
    from public.identity`;
  await tx`reset all`; // a dump leaves the connection without a search path
  return found!;
}
