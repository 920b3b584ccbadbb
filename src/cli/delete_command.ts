import { deleteCoverages } from "../db/delete_coverages.ts";
import { counted, OperatorError } from "../errors.ts";
import type { ReportStore } from "../reports/store.ts";
import { type Command, repositoryName } from "./command.ts";
import { withDatabase } from "./with_database.ts";

export const deleteCommand: Command = {
  summary: "Delete a repository, a branch of it or one upload, with the reports.",
  details:
    "After the active upload of a branch is deleted, the one before counts if it has a report.",
  operands: ["<org>/<repo>"],
  options: { branch: "Only this branch.", upload: "Only the upload with this number." },
  flags: { "dry-run": "Only say what would be deleted." },
  async run([repository = ""], flags, { branch: branch_name, upload }) {
    const name = repositoryName(repository);
    const id = upload === undefined ? undefined : Number(upload);
    if (id !== undefined && !(Number.isSafeInteger(id) && id > 0)) {
      throw new OperatorError(`The upload is ${JSON.stringify(upload)}; it must be a number.`);
    }
    const dryRun = flags.has("dry-run");
    await withDatabase(async ({ sql, config: { defaultBranches }, openReports }) => {
      using store = await openReports();
      const deletion = { ...name, branch_name, id };
      const deleted = await deleteCoverages(sql, deletion, { defaultBranches, dryRun });
      if (!deleted?.uploads) {
        const which = (id === undefined ? "" : `upload ${id} of `) +
          (branch_name === undefined ? "" : `branch ${branch_name} of `);
        throw new OperatorError(`Nothing is known of ${which}${repository}.`);
      }
      const left = dryRun ? [] : await remove(store, deleted.reports);
      const what = `${counted(deleted.uploads, "upload")} and ${
        counted(deleted.reports.length, "report")
      }`;
      if (left.length > 0) {
        throw new OperatorError(
          `Deleted ${what}, but these folders could not be removed:\n${left.join("\n")}`,
        );
      }
      console.log(dryRun ? `To delete: ${what}.` : `Deleted ${what}.`);
    });
  },
};

/** Returns the folders that are left, each with the reason. */
async function remove(store: ReportStore, reports: readonly string[]): Promise<string[]> {
  const left: string[] = [];
  for (const id of reports) {
    await store.remove(id).catch(({ message }) => left.push(`  ${store.folder(id)}: ${message}`));
  }
  return left;
}
