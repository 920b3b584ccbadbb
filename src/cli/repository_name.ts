import { OperatorError } from "../errors.ts";
import type { RepositoryName } from "../model/rows.ts";

/** Throws {@linkcode OperatorError} for what is not `org/repo`. */
export function repositoryName(text: string): RepositoryName {
  const [org_name, repo_name, ...more] = text.split("/");
  if (!org_name || !repo_name || more.length > 0) {
    throw new OperatorError(`The repository is ${JSON.stringify(text)}; it must be org/repo.`);
  }
  return { org_name, repo_name };
}
