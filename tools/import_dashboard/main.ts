/** `deno task import:dashboard`: copies the uploads and reports of a code-coverage-dashboard. */
import { type Command, run } from "../../src/cli/command.ts";
import { withDatabase } from "../../src/cli/with_database.ts";
import { OperatorError } from "../../src/errors.ts";
import { importDashboard } from "./import.ts";
import { readRows } from "./source.ts";

const command: Command = {
  summary: "Copy the uploads and reports of a code-coverage-dashboard.",
  details: "The database is a SQLite file or mysql://user:password@host/database.\n" +
    "Nothing is written there. Repositories that already exist here are skipped.",
  operands: ["<database>", "<assets folder>"],
  flags: { "dry-run": "Only say what would be copied." },
  async run([address, assets], flags) {
    const info = await Deno.stat(assets!).catch((error) => {
      throw new OperatorError(`The assets folder cannot be read: ${error.message}.`);
    });
    if (!info.isDirectory) throw new OperatorError(`${assets} is not a folder.`);
    const rows = await readRows(address!);
    await withDatabase(async ({ sql, config, openReports }) => {
      using store = await openReports();
      const dryRun = flags.has("dry-run");
      const options = { ...config, sql, store, assets: assets!, dryRun, print: console.log };
      const totals = await importDashboard(rows, options);
      console.log(
        `${dryRun ? "To copy" : "Copied"}: ${totals.repositories} repositories, ` +
          `${totals.uploads} uploads, ${totals.reports} reports. ` +
          `Active uploads without a report: ${totals.withoutReport}. ` +
          `Skipped: ${totals.skippedRows} rows, ${totals.skippedRepositories} repositories.`,
      );
    });
  },
};

if (import.meta.main) {
  try {
    await run("deno task import:dashboard", command, Deno.args);
  } catch (error) {
    console.error(error instanceof OperatorError ? error.message : error);
    Deno.exit(1);
  }
}
