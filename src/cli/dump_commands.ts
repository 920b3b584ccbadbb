import { existsSync } from "node:fs";
import { readEnvironment } from "../config.ts";
import { dumpEmbedded, restoreDump } from "../db/dump.ts";
import { OperatorError } from "../errors.ts";
import type { Command } from "./command.ts";
import { pathsOf, withDatabase } from "./with_database.ts";
import { migrate, readMigrations } from "../db/migrate.ts";

export const exportCommand: Command = {
  summary: "Write the embedded database to a new file as SQL.",
  details: "The import command and psql read the file. - is the standard output.\n" +
    "The reports are not part of it. The server must be stopped.",
  operands: ["<file>"],
  async run([path]) {
    const config = readEnvironment();
    const { database } = pathsOf(config);
    if (config.databaseUrl !== undefined) {
      throw new OperatorError(
        "DATABASE_URL is set, and export writes only the embedded database. Use pg_dump.",
      );
    }
    if (!existsSync(database)) {
      throw new OperatorError(`There is no embedded database in ${database}.`);
    }
    const dump = await dumpEmbedded(database);
    try {
      if (path === "-") return await new Blob([dump]).stream().pipeTo(Deno.stdout.writable);
      await Deno.writeTextFile(path!, dump, { createNew: true, mode: 0o600 });
      console.log(`The database was written to ${path}.`);
    } catch (cause) {
      const name = path === "-" ? "The standard output" : path;
      throw new OperatorError(`${name} cannot be written: ${(cause as Error).message}.`, { cause });
    }
  },
};

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
