import { join, resolve } from "node:path";
import { unpack } from "../archive/extract.ts";
import { type Config, readEnvironment } from "../config.ts";
import { type Database, forOperator, openDatabase } from "../db/connect.ts";
import { databaseIdentity } from "../db/coverages.ts";
import { migrate, readMigrations } from "../db/migrate.ts";
import { OperatorError } from "../errors.ts";
import { createLog } from "../log.ts";
import { BucketError } from "../reports/bucket.ts";
import { openReports } from "../reports/bucket_store.ts";
import type { ReportStore } from "../reports/store.ts";

interface Opened extends Pick<Database, "sql" | "embedded"> {
  readonly config: Config;
  readonly paths: ReturnType<typeof pathsOf>;
  /** Opens the reports, on disk or in a bucket; they must belong to this database, or to `identity`. */
  openReports(identity?: string): Promise<ReportStore>;
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
    const open = async (identity?: string) => {
      const log = await createLog({ level: "warning", format: config.logFormat });
      const store = await openReports(paths.reports, config.bucket, { unpack, log });
      try {
        await store.belongTo(identity ?? await databaseIdentity(database.sql));
        return store;
      } catch (error) {
        store[Symbol.dispose]();
        throw error;
      }
    };
    return await work({ ...database, config, paths, openReports: open });
  } catch (error) {
    if (!(error instanceof BucketError)) throw forOperator(error);
    const { message } = error.cause as Error;
    throw new OperatorError(`The bucket cannot be used: ${message}`, { cause: error });
  } finally {
    await database.close();
  }
}
