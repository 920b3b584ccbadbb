/**
 * Upload tokens: for CI systems that cannot prove who they are in another way.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import type { UploadToken } from "../config.ts";
import { HttpError } from "../errors.ts";
import { hashOf } from "./credential.ts";
import { type Credential, OPEN_GRANT } from "./grant.ts";
import { requireFields } from "./subject.ts";

/** What tokens made by `deno task token` begin with. */
export const TOKEN_PREFIX = "cov_";

/**
 * The credential of a secret; nothing where it is none of these tokens. Every hash is compared,
 * each in the same time, so that how long it takes tells nothing about them.
 */
export function findToken(
  secret: string,
  tokens: readonly UploadToken[],
): Credential | undefined {
  const hash = Buffer.from(hashOf(secret), "hex");
  const scopes = tokens
    .filter(({ sha256 }) => timingSafeEqual(Buffer.from(sha256, "hex"), hash))
    .map(({ scope }) => scope);
  if (scopes.length === 0) return undefined;
  return {
    // deno-lint-ignore require-await
    async grant(subject) {
      const { org_name, repo_name } = requireFields(subject, "org_name", "repo_name");
      if (scopes.some((scope) => covers(scope, org_name, repo_name))) return OPEN_GRANT;
      throw new HttpError(
        403,
        `The upload token is for ${scopes.join(", ")}, not for ${org_name}/${repo_name}.`,
      );
    },
  };
}

/** Whether a scope, `org/repo`, `org/*` or `*`, has the repository in it; letter case is no matter. */
function covers(scope: string, org: string, repo: string): boolean {
  const [scopeOrg, scopeRepo] = scope.toLowerCase().split("/");
  return scope === "*" ||
    (scopeOrg === org.toLowerCase() && (scopeRepo === "*" || scopeRepo === repo.toLowerCase()));
}
