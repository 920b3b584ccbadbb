import { storedReports } from "../db/stored_reports.ts";
import { counted, OperatorError } from "../errors.ts";
import { BucketStore } from "../reports/bucket_store.ts";
import type { Command } from "./command.ts";
import { withDatabase } from "./with_database.ts";

/** Reports between two lines of progress. */
const PROGRESS = 100;

export const toBucketCommand: Command = {
  summary: "Copy the reports on this disk to the bucket of S3_URL.",
  details:
    "What is in the bucket already is skipped, so it can be run again. Run it while the server\n" +
    "still stores on disk, and once more between its stop and its start with S3_URL.",
  flags: { "dry-run": "Only say how many would be copied." },
  async run(_, flags) {
    const dryRun = flags.has("dry-run");
    await withDatabase(async ({ sql, openReports }) => {
      using store = await openReports();
      if (!(store instanceof BucketStore)) {
        throw new OperatorError("S3_URL must be set: it names the bucket to copy to.");
      }
      const there = new Set(await Array.fromAsync(store.bucket.list(), ({ id }) => id));
      const onDisk = new Set(await Array.fromAsync(store.published()));
      const stored = await storedReports(sql, [...onDisk]);
      const toCopy = [...stored].filter((id) => !there.has(id));
      console.log(
        `${counted(stored.size, "report")} on disk: ` +
          `${stored.size - toCopy.length} in the bucket, ${toCopy.length} to copy.`,
      );
      if (dryRun) return;
      let copied = 0;
      for (const [at, id] of toCopy.entries()) {
        try {
          await store.copyToBucket(id);
          copied++;
        } catch (error) {
          if (!(error instanceof Deno.errors.NotFound)) throw error;
          // It was superseded meanwhile and removed, or its lines are all there is of it.
          console.log(`Report ${id} has no folder any more and is left out.`);
        }
        if ((at + 1) % PROGRESS === 0) console.log(`${at + 1} of ${toCopy.length}`);
      }
      console.log(`Copied ${counted(copied, "report")}.`);
    });
  },
};
