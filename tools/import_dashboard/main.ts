/**
 * `import-ancestor <database> <assets> [--dry-run]`: the uploads and reports of a
 * code-coverage-dashboard.
 *
 * @module
 */
import { join } from "node:path";
import { importAncestor } from "./import.ts";
import { AncestorRows } from "./source.ts";
import { databaseIdentity } from "../../src/db/coverages.ts";
import { OperatorError } from "../../src/errors.ts";
import { ReportStore } from "../../src/reports/store.ts";
import type { Command } from "../../src/cli/command.ts";
import { withDatabase } from "../../src/cli/with_database.ts";

const DRY_RUN = "--dry-run";

/** The command. */
export const importAncestorCommand: Command = {
  usage: `<SQLite file> | mysql://user:password@host/database <assets folder> [${DRY_RUN}]`,
  summary: "Takes over the uploads and reports of a code-coverage-dashboard",
  async run(args) {
    const dryRun = args.includes(DRY_RUN);
    const [address, assets, ...more] = args.filter((argument) => argument !== DRY_RUN);
    if (!address || !assets || more.length > 0) {
      throw new OperatorError(
        `Name the database, a SQLite file or a mysql:// address, and then the assets folder.`,
      );
    }
    await refuseUnlessFolder(assets);
    await using rows = await AncestorRows.open(address);
    await withDatabase(async ({ sql, config, dataDir }) => {
      using store = await ReportStore.open(join(dataDir, "reports"));
      await store.belongTo(await databaseIdentity(sql));
      const taking = { sql, store, assets, defaultBranches: config.defaultBranches };
      const taken = await importAncestor(taking, rows.repositories(), { dryRun, say: console.log });
      console.log(
        `${dryRun ? "To be taken over" : "Taken over"}: ${taken.repositories} repositories, ` +
          `${taken.uploads} uploads, ${taken.reports} reports. ` +
          `Active uploads without a report: ${taken.withoutReport}. ` +
          `Left out: ${taken.refused} rows, ${taken.present} repositories that are here already.`,
      );
    });
  },
};

async function refuseUnlessFolder(path: string): Promise<void> {
  const info = await Deno.stat(path).catch((error) => {
    throw new OperatorError(`The assets folder cannot be read: ${error.message}.`);
  });
  if (!info.isDirectory) throw new OperatorError(`The assets folder, ${path}, is no folder.`);
}

if (import.meta.main) {
  try {
    await importAncestorCommand.run(Deno.args);
  } catch (error) {
    console.error(error instanceof OperatorError ? error.message : error);
    Deno.exit(1);
  }
}
