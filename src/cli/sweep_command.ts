/**
 * `sweep [--dry-run]`: what the server does every hour, now; or what that would be.
 *
 * @module
 */
import { join } from "node:path";
import { databaseIdentity } from "../db/coverages.ts";
import { createLog } from "../log.ts";
import { OperatorError } from "../errors.ts";
import { ReportStore } from "../reports/store.ts";
import { runRetention } from "../reports/retention.ts";
import { ORPHAN_GRACE_MS } from "../reports/sweep.ts";
import type { Command } from "./command.ts";
import { withDatabase } from "./with_database.ts";

/** The command. */
export const sweepCommand: Command = {
  usage: "[--dry-run]",
  summary: "Removes reports that the settings do not keep, and left-overs; or says which those are",
  async run(args) {
    const dryRun = args[0] === "--dry-run";
    const [unknown] = args.slice(dryRun ? 1 : 0);
    if (unknown !== undefined) {
      throw new OperatorError(`sweep takes --dry-run or nothing, not ${JSON.stringify(unknown)}.`);
    }
    await withDatabase(async ({ sql, embedded, config, dataDir }) => {
      using store = await ReportStore.open(join(dataDir, "reports"));
      await store.belongTo(await databaseIdentity(sql));
      const result = await runRetention({
        sql,
        embedded,
        store,
        retention: config.retention,
        graceMs: embedded ? 0 : ORPHAN_GRACE_MS,
        log: await createLog({ level: "warning", format: config.logFormat }),
      }, { dryRun });
      if (!result) throw new OperatorError("A server is at it at the moment; try again shortly.");
      const { superseded, deleted, space, staged, orphans, stored, missing } = result;
      const verb = dryRun ? "would go" : "removed";
      console.log([
        `superseded      ${shown(superseded)} ${verb}`,
        `deleted         ${shown(deleted)} ${verb}`,
        `for space       ${shown(space)} ${verb}`,
        `unfinished      ${shown(staged)} ${verb}`,
        `without a row   ${shown(orphans)} ${verb}`,
        `stored          ${shown(stored)} ${dryRun ? "would stay" : "left"}`,
        `not on disk     ${missing.length} reports that the database has`,
      ].join("\n"));
    });
  },
};

function shown({ reports, bytes }: { reports: number; bytes: number }): string {
  return `${reports} reports, ${bytes} bytes`;
}
