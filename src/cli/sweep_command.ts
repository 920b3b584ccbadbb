import { createLog } from "../log.ts";
import { OperatorError } from "../errors.ts";
import { runRetention } from "../reports/retention.ts";
import { ORPHAN_GRACE_MS } from "../reports/sweep.ts";
import type { Command } from "./command.ts";
import { withDatabase } from "./with_database.ts";

export const sweepCommand: Command = {
  summary: "Remove expired reports and leftover files now, not within the hour.",
  flags: { "dry-run": "Only say what would be removed." },
  async run(_, flags) {
    const dryRun = flags.has("dry-run");
    await withDatabase(async ({ sql, embedded, config, openReports }) => {
      using store = await openReports();
      const result = await runRetention({
        sql,
        embedded,
        store,
        retention: config.retention,
        graceMs: embedded ? 0 : ORPHAN_GRACE_MS,
        log: await createLog({ level: "warning", format: config.logFormat }),
      }, { dryRun });
      if (!result) throw new OperatorError("Another server is running retention. Try again later.");
      const { superseded, deleted, space, staged, orphans, objects, stored, missing } = result;
      const verb = dryRun ? "to remove" : "removed";
      const rows = [
        ["superseded", `${shown(superseded)} ${verb}`],
        ["of deleted branches", `${shown(deleted)} ${verb}`],
        ["over MAX_STORED_BYTES", `${shown(space)} ${verb}`],
        ["of interrupted uploads", `${shown(staged)} ${verb}`],
        ["not in the database", `${shown(orphans)} ${verb}`],
        ...objects ? [["objects not in it", `${shown(objects)} ${verb}`]] : [],
        ["kept", shown(stored)],
        [`missing ${objects ? "in the bucket" : "on disk"}`, `${missing.reports} reports`],
      ];
      for (const [name, amount] of rows) console.log(`${name!.padEnd(24)}${amount}`);
    });
  },
};

function shown({ reports, bytes }: { reports: number; bytes: number }): string {
  return `${reports} reports, ${bytes} bytes`;
}
