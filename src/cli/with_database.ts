/**
 * The database of the settings, for a command.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { type Config, readEnvironment } from "../config.ts";
import { type Database, openDatabase } from "../db/connect.ts";
import { forOperator } from "../db/for_operator.ts";
import { migrate, readMigrations } from "../db/migrate.ts";

/** What a command works on. */
export interface Opened extends Pick<Database, "sql" | "embedded"> {
  /** The settings. */
  readonly config: Config;
  /** The folder of the reports and of the embedded database, in full. */
  readonly dataDir: string;
}

/**
 * Opens the database that the server would use, brought to this version's schema, and closes it
 * after the work. The embedded one can be opened only while its server is stopped.
 */
export async function withDatabase<T>(
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  const config = readEnvironment();
  const dataDir = resolve(config.dataDir);
  const database = await openDatabase({
    url: config.databaseUrl,
    folder: join(dataDir, "postgres"),
  });
  try {
    await migrate(database.sql, await readMigrations());
    return await work({ ...database, config, dataDir });
  } catch (error) {
    throw forOperator(error);
  } finally {
    await database.close();
  }
}
