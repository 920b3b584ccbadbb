/**
 * `import <file>`: what `export` wrote, into an empty database.
 *
 * @module
 */
import { join } from "node:path";
import { readMigrations } from "../db/migrate.ts";
import { importDatabase } from "../moving/import.ts";
import { OperatorError } from "../errors.ts";
import { ReportStore } from "../reports/store.ts";
import type { Command } from "./command.ts";
import { withDatabase } from "./with_database.ts";
import { createProgress } from "./progress.ts";

/** The command. */
export const importCommand: Command = {
  usage: "<file> | -",
  summary: "Fills an empty database with what export wrote",
  async run([path, ...more]) {
    if (!path || more.length > 0) {
      throw new OperatorError("Name one file that export wrote, or - for the standard input.");
    }
    const source = path === "-" ? Deno.stdin.readable : await open(path);
    await withDatabase(async ({ sql, config, dataDir }) => {
      const reports = join(dataDir, "reports");
      using store = await ReportStore.open(reports);
      let missing = 0;
      const { repositories, coverages } = await importDatabase(sql, source, {
        schemas: (await readMigrations()).map(({ name }) => name),
        defaultBranches: config.defaultBranches,
        identified: (identity) => store.belongTo(identity),
        stored: async (id) => {
          if (!await exists(store.folder(id))) missing++;
        },
        progress: createProgress((count) => `${count} uploads imported so far`),
      });
      console.log(`${repositories} repositories and ${coverages} uploads are in the database.`);
      if (missing > 0) {
        console.log(`${missing} of their reports are not in ${reports}; copy them there.`);
      }
      const embedded = join(dataDir, "postgres");
      if (config.databaseUrl !== undefined && await exists(embedded)) {
        console.log(
          `Move ${embedded} away: a server that is started without DATABASE_URL would use it, ` +
            "and remove the reports that it does not know.",
        );
      }
    });
  },
};

async function open(path: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  try {
    return (await Deno.open(path)).readable;
  } catch (error) {
    throw new OperatorError(`${path} cannot be read: ${(error as Error).message}.`);
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, (error) => {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  });
}
