import { existsSync } from "node:fs";
import { readEnvironment } from "../config.ts";
import { dumpEmbedded } from "../db/dump.ts";
import { OperatorError } from "../errors.ts";
import type { Command } from "./command.ts";
import { pathsOf } from "./with_database.ts";

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
