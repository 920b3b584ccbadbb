/** Upload tokens: for CI systems without another proof of identity. */
import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import type { ScopedToken } from "../config.ts";
import { HttpError } from "../errors.ts";
import { covers, type Credential, hashOf, PLAIN_GRANT } from "./credential.ts";

/** What tokens made by `deno task token` begin with. */
export const TOKEN_PREFIX = "cov_";

/**
 * The scopes of a secret; none where it is none of these tokens. Every hash is compared in the same
 * time, so that the time taken tells nothing about them.
 */
export function scopesOf(secret: string, tokens: readonly ScopedToken[]): string[] {
  const hash = Buffer.from(hashOf(secret), "hex");
  return tokens
    .filter(({ sha256 }) => timingSafeEqual(Buffer.from(sha256, "hex"), hash))
    .map(({ scope }) => scope);
}

/** The credential of an upload token; undefined where the secret is none. */
export function findToken(
  secret: string,
  tokens: readonly ScopedToken[],
): Credential | undefined {
  const scopes = scopesOf(secret, tokens);
  if (scopes.length === 0) return undefined;
  return {
    // deno-lint-ignore require-await -- what it throws must arrive as a rejection
    async authorize({ org_name, repo_name }) {
      if (scopes.some((scope) => covers(scope, org_name, repo_name))) return PLAIN_GRANT;
      throw new HttpError(
        403,
        `The upload token is for ${scopes.join(", ")}, not for ${org_name}/${repo_name}.`,
      );
    },
  };
}
