/**
 * `deno task forget-identity <org>/<repo>`: lets a repository that was renamed or made anew go on
 * under a name that another one has uploaded by. The embedded database's server has to be stopped.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { readConfig } from "../config.ts";
import { forgetIdentity } from "../coverages/queries.ts";
import { openDatabase } from "../db/connect.ts";
import { migrate, readMigrations } from "../db/migrate.ts";
import { OperatorError } from "../operator_error.ts";

async function forget(repository: string): Promise<void> {
  const [org_name, repo_name, ...more] = repository.split("/");
  if (!org_name || !repo_name || more.length > 0) {
    throw new OperatorError(
      `The repository is ${JSON.stringify(repository)}; it must be org/repo.`,
    );
  }
  const { databaseUrl, dataDir } = readConfig(Deno.env.toObject());
  const folder = join(resolve(dataDir), "postgres");
  const database = await openDatabase({ url: databaseUrl, folder });
  try {
    await migrate(database.sql, await readMigrations());
    if (!await forgetIdentity(database.sql, { org_name, repo_name })) {
      throw new OperatorError(`Nothing was ever uploaded for ${repository}.`);
    }
  } finally {
    await database.close();
  }
  console.log(`The next upload to ${repository} says anew which repository that is.`);
}

try {
  await forget(Deno.args[0] ?? "");
  Deno.exit(0);
} catch (error) {
  console.error(error instanceof OperatorError ? error.message : error);
  Deno.exit(1);
}
