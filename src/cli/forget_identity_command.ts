import { forgetIdentity } from "../db/repository_names.ts";
import { OperatorError } from "../errors.ts";
import type { Command } from "./command.ts";
import { withDatabase } from "./with_database.ts";

export const forgetIdentityCommand: Command = {
  summary: "Let a repository that was recreated under an old name upload by OpenID Connect.",
  operands: ["<org>/<repo>"],
  async run([repository = ""]) {
    const [org_name, repo_name, ...more] = repository.split("/");
    if (!org_name || !repo_name || more.length > 0) {
      throw new OperatorError(
        `The repository is ${JSON.stringify(repository)}; it must be org/repo.`,
      );
    }
    const isKnown = await withDatabase(({ sql }) => forgetIdentity(sql, { org_name, repo_name }));
    if (!isKnown) throw new OperatorError(`No uploads for ${repository} yet.`);
    console.log(`The next upload to ${repository} sets its identity.`);
  },
};
