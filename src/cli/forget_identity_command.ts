/**
 * `forget-identity <org>/<repo>`: lets a repository that was renamed or made anew go on under a name
 * that another one has uploaded by.
 *
 * @module
 */
import { forgetIdentity } from "../db/repository_names.ts";
import { OperatorError } from "../errors.ts";
import type { Command } from "./command.ts";
import { withDatabase } from "./with_database.ts";

/** The command. */
export const forgetIdentityCommand: Command = {
  usage: "<org>/<repo>",
  summary: "Lets a repository made anew go on under a name that another one had",
  async run([repository = ""]) {
    const [org_name, repo_name, ...more] = repository.split("/");
    if (!org_name || !repo_name || more.length > 0) {
      throw new OperatorError(
        `The repository is ${JSON.stringify(repository)}; it must be org/repo.`,
      );
    }
    const isKnown = await withDatabase(({ sql }) => forgetIdentity(sql, { org_name, repo_name }));
    if (!isKnown) throw new OperatorError(`Nothing was ever uploaded for ${repository}.`);
    console.log(`The next upload to ${repository} says anew which repository that is.`);
  },
};
