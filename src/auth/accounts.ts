/** Which accounts and repositories may upload. */
import { HttpError, quote } from "../errors.ts";

/** Whether a scope, `org/repo`, `org/*` or `*`, covers the repository, case-insensitively. */
export function covers(scope: string, org: string, repo: string): boolean {
  const [scopeOrg, scopeRepo] = scope.toLowerCase().split("/");
  return scope === "*" ||
    (scopeOrg === org.toLowerCase() && (scopeRepo === "*" || scopeRepo === repo.toLowerCase()));
}

/**
 * Throws 403 for a repository that is in none of the scopes. GitHub gives every account a token and an
 * OIDC token for its own repositories, so a valid one alone says nothing about who may upload here.
 */
export function checkAccount(scopes: readonly string[], org: string, repo: string): void {
  if (scopes.some((scope) => covers(scope, org, repo))) return;
  throw new HttpError(
    403,
    `UPLOAD_ACCOUNTS of this server does not allow uploads for ${quote(`${org}/${repo}`)}.`,
  );
}
