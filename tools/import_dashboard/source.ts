/**
 * The database of a code-coverage-dashboard: SQLite or MySQL, with one table, `coverages`. A newer
 * upload sets `deleted_at` of the one before; a sync removes rows.
 *
 * @module
 */
import { OperatorError } from "../../src/errors.ts";
import type { Connection, RawRow } from "./connection.ts";
import { openMysql } from "./mysql.ts";
import { openSqlite } from "./sqlite.ts";

/** Rows that are read at a time. */
const BATCH = 1000;

/** The uploads of an ancestor, by repository. */
export class AncestorRows implements AsyncDisposable {
  readonly #connection: Connection;

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Opens a SQLite file or what a `mysql://` address names, to read what is there at this moment. */
  static async open(address: string): Promise<AncestorRows> {
    const isMysql = /^mysql:/i.test(address);
    // The address of a MySQL may hold a password.
    const name = isMysql ? "The MySQL database" : address;
    try {
      const connection = isMysql ? await openMysql(address) : openSqlite(address);
      await connection.query("begin", []);
      return new AncestorRows(connection);
    } catch (error) {
      throw new OperatorError(`${name} cannot be opened: ${messageOf(error)}.`, { cause: error });
    }
  }

  /** Ends the reading. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close();
  }

  /** The rows of one repository after the other, in the order of their ids. */
  async *repositories(): AsyncGenerator<RawRow[]> {
    const ids = await this.#idsByRepository();
    for (const [repository, mine] of ids) {
      const rows: RawRow[] = [];
      for (let start = 0; start < mine.length; start += BATCH) {
        const some = mine.slice(start, start + BATCH);
        rows.push(
          ...await this.#query(
            `select id, org_name, repo_name, branch_name, commit_hash, commit_author, language,
               percentage, created_at, updated_at, deleted_at
             from coverages where id in (${some.map(() => "?").join()}) order by id`,
            some,
          ),
        );
      }
      ids.set(repository, []); // its part of the memory
      yield rows;
    }
  }

  /** Which rows a repository has; letter case is of no matter, and in no index there either. */
  async #idsByRepository(): Promise<Map<string, number[]>> {
    const ids = new Map<string, number[]>();
    for (let last = 0;;) {
      const rows = await this.#query(
        `select id, org_name, repo_name from coverages where id > ? order by id limit ${BATCH}`,
        [last],
      );
      for (const { id, org_name, repo_name } of rows) {
        const name = `${org_name}/${repo_name}`.toLowerCase();
        const mine = ids.get(name);
        if (mine) mine.push(Number(id));
        else ids.set(name, [Number(id)]);
      }
      if (rows.length < BATCH) return ids;
      last = Number(rows.at(-1)!.id);
    }
  }

  async #query(statement: string, parameters: readonly (string | number)[]): Promise<RawRow[]> {
    try {
      return await this.#connection.query(statement, parameters);
    } catch (error) {
      throw new OperatorError(
        `The uploads of the ancestor cannot be read from its database: ${messageOf(error)}.`,
        { cause: error },
      );
    }
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node's failure to connect to every address of a name has codes but no message.
  return error.message || ("code" in error ? String(error.code) : error.name);
}
