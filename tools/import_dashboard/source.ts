/**
 * The database of a code-coverage-dashboard: SQLite or MySQL, with one table, `coverages`. A newer
 * upload sets `deleted_at` of the one before; a sync removes rows.
 */
import { DatabaseSync } from "node:sqlite";
import { OperatorError } from "../../src/errors.ts";

/** A row as it is stored there, unchecked. */
export type RawRow = Readonly<Record<string, unknown>>;

const STATEMENT =
  `select id, org_name, repo_name, branch_name, commit_hash, commit_author, language,
  percentage, created_at, updated_at, deleted_at from coverages order by id`;

/** All rows, in the order of their ids, of a SQLite file or a `mysql://` address. */
export async function readRows(address: string): Promise<RawRow[]> {
  const isMysql = /^mysql:/i.test(address);
  try {
    return isMysql ? await readMysql(address) : readSqlite(address);
  } catch (cause) {
    // The address of a MySQL may hold a password. Some of its errors have a code but no message.
    const name = isMysql ? "The MySQL database" : address;
    const { message, code } = cause as Error & { code?: string };
    throw new OperatorError(`${name} cannot be read: ${message || code}.`, { cause });
  }
}

function readSqlite(path: string): RawRow[] {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return database.prepare(STATEMENT).all();
  } finally {
    database.close();
  }
}

async function readMysql(address: string): Promise<RawRow[]> {
  if (!URL.canParse(address)) throw new Error("its address is not well-formed");
  // Loaded only here, since most dashboards have a SQLite file.
  const { createConnection } = await import("mysql2/promise");
  // Times as text, like those of SQLite, and in UTC, in which MySQL stores timestamps.
  const connection = await createConnection({ uri: address, dateStrings: true });
  try {
    await connection.query("set time_zone = '+00:00'");
    const [rows] = await connection.query(STATEMENT);
    return rows as RawRow[];
  } finally {
    await connection.end();
  }
}
