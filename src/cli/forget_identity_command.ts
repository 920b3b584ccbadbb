import { forgetIdentity } from "../db/repositories.ts";
import { OperatorError } from "../errors.ts";
import { type Command, repositoryName } from "./command.ts";
import { withDatabase } from "./with_database.ts";

export const forgetIdentityCommand: Command = {
  summary: "Let a repository that was recreated under an old name upload by OpenID Connect.",
  operands: ["<org>/<repo>"],
  async run([repository = ""]) {
    const name = repositoryName(repository);
    const isKnown = await withDatabase(({ sql }) => forgetIdentity(sql, name));
    if (!isKnown) throw new OperatorError(`No uploads for ${repository} yet.`);
    console.log(`The next upload to ${repository} sets its identity.`);
  },
};
