/**
 * A MySQL or MariaDB. Its client is loaded only here, since no server needs it.
 *
 * @module
 */
import type { Connection, RawRow } from "./connection.ts";

/** Connects to a `mysql://user:password@host:port/database` address. */
export async function openMysql(address: string): Promise<Connection> {
  if (!URL.canParse(address)) throw new Error("its address is not well-formed");
  const { createConnection } = await import("mysql2/promise");
  // Times as text like those of SQLite, and in UTC, in which MySQL stores its timestamps.
  const connection = await createConnection({ uri: address, dateStrings: true });
  await connection.query("set time_zone = '+00:00'");
  return {
    async query(statement, parameters) {
      const [rows] = await connection.query(statement, [...parameters]);
      return rows as RawRow[];
    },
    close: () => connection.end(),
  };
}
