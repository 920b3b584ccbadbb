import { join, resolve } from "node:path";
import { type Config, readEnvironment } from "../config.ts";
import { type Database, openDatabase } from "../db/connect.ts";
import { forOperator } from "../db/for_operator.ts";
import { migrate, readMigrations } from "../db/migrate.ts";

/** What a command works on. */
export interface Opened extends Pick<Database, "sql" | "embedded"> {
  readonly config: Config;
  readonly paths: ReturnType<typeof pathsOf>;
}

/** What is in `DATA_DIR`: the reports, and the embedded database. */
export function pathsOf({ dataDir }: Config) {
  const folder = resolve(dataDir);
  return { reports: join(folder, "reports"), database: join(folder, "postgres") };
}

/**
 * Opens the database of the settings, by default migrated to this version's schema, and closes it
 * after the work. The embedded one can be opened only while its server is stopped.
 */
export async function withDatabase<T>(
  work: (opened: Opened) => Promise<T>,
  { migrated = true } = {},
): Promise<T> {
  const config = readEnvironment();
  const paths = pathsOf(config);
  const database = await openDatabase({ url: config.databaseUrl, folder: paths.database });
  try {
    if (migrated) await migrate(database.sql, await readMigrations());
    return await work({ ...database, config, paths });
  } catch (error) {
    throw forOperator(error);
  } finally {
    await database.close();
  }
}
