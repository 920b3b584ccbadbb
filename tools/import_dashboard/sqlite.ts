/**
 * A SQLite file.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import type { Connection } from "./connection.ts";

/** Opens a file that is there, to read only. */
export function openSqlite(path: string): Connection {
  const database = new DatabaseSync(path, { readOnly: true });
  return {
    query: (statement, parameters) =>
      Promise.try(() => database.prepare(statement).all(...parameters)),
    close: () => Promise.try(() => database.close()),
  };
}
