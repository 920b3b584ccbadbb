import { existsSync } from "node:fs";
import { restoreDump } from "../db/dump.ts";
import { migrate, readMigrations } from "../db/migrate.ts";
import { OperatorError } from "../errors.ts";
import type { Command } from "./command.ts";
import { withDatabase } from "./with_database.ts";

export const importCommand: Command = {
  summary: "Fill a new database from a file that export or pg_dump --inserts wrote.",
  details: "It is the embedded database, or the one at DATABASE_URL. - is the standard input.\n" +
    "Copy the reports folder with its .database file first.",
  operands: ["<file>"],
  async run([path]) {
    const dump = await read(path!);
    await withDatabase(async ({ sql, config, paths, openReports }) => {
      const uploads = await restoreDump(sql, dump, async (identity) => {
        using _store = await openReports(identity);
      });
      await migrate(sql, await readMigrations());
      console.log(
        `The database has ${uploads} uploads now. Their reports belong in ${paths.reports}.`,
      );
      if (config.databaseUrl !== undefined && existsSync(paths.database)) {
        console.log(
          `Move ${paths.database} away: a server that is started without DATABASE_URL would use it, ` +
            "and remove the reports that it does not know.",
        );
      }
    }, { migrated: false });
  },
};

async function read(path: string): Promise<string> {
  if (path === "-") return await new Response(Deno.stdin.readable).text();
  return await Deno.readTextFile(path).catch((cause) => {
    throw new OperatorError(`${path} cannot be read: ${cause.message}.`, { cause });
  });
}
