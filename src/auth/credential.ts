/** Credentials: the secret of a request, what it is checked for, and what it allows. */
import { createHash } from "node:crypto";
import { classify, HttpError, quote } from "../errors.ts";

export interface Target {
  readonly org_name: string;
  readonly repo_name: string;
  /** The commit that the job runs for. */
  readonly commit_hash?: string | undefined;
  /** Which GitHub knows the repository. */
  readonly github_api_url?: string | undefined;
}

export interface PendingStatus {
  /** Names the status: `coverage/go`. */
  readonly context: string;
  readonly description: string;
}

/** How a commit status ends after the work was done; `failure` where a gate of the job did not hold. */
export interface DoneStatus {
  readonly state: "success" | "failure";
  readonly description: string;
  readonly url?: string;
}

export type FinalStatus = DoneStatus | { readonly state: "error"; readonly description: string };

export interface Grant {
  /**
   * Who vouches for the repository: the address of its GitHub and, where the credential has it, a space
   * and the repository's number there. Undefined for upload tokens, which an operator vouches for.
   */
  readonly identity: string | undefined;
  /** Sets the commit status, where the credential can. Never throws. */
  setStatus(status: FinalStatus): Promise<void>;
}

/** A credential that is what it claims to be. */
export interface Credential {
  /**
   * Checks that it speaks for the repository. Throws 403 where it does not, 422 for a target that
   * cannot be, 429 or 503 where the issuer cannot answer now. Without a status it leaves no trace: the
   * request only reads.
   */
  authorize(target: Target, status?: PendingStatus): Promise<Grant>;
}

/** The grant of a credential that sets no commit status. */
export const PLAIN_GRANT: Grant = { identity: undefined, setStatus: () => Promise.resolve() };

/** GitHub's tokens have some hundred characters, its OIDC tokens two thousand. */
const MAX_SECRET = 16_384;

/**
 * The header's value bare, or what follows `Bearer` or `token`; undefined where there is none. Throws
 * 401 for what cannot be a secret.
 */
export function secretOf(headers: Headers): string | undefined {
  const header = headers.get("authorization")?.trim();
  if (!header) return undefined;
  const secret = header.replace(/^(?:bearer|token)(?:\s+|$)/i, "");
  if (secret.length > MAX_SECRET || !/^[\x21-\x7e]+$/.test(secret)) {
    throw unauthorized(
      "The Authorization header holds no credential; it must be a token, bare or after Bearer.",
    );
  }
  return secret;
}

/** Whether it looks like a JSON Web Token: three parts, of which the first is JSON in Base64. */
export function isJwt(secret: string): boolean {
  return /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/.test(secret);
}

/** SHA-256 in hex: all that settings and memory hold of a secret. */
export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** 401, with the header that goes with it. */
export function unauthorized(sentence: string, cause?: unknown): HttpError {
  return new HttpError(401, sentence, { cause, headers: { "www-authenticate": "Bearer" } });
}

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

/**
 * Does what was granted and sets the commit status: to what `describe` says of the result, or to the
 * sentence that the client gets. Throws what `classify` makes of a failure.
 */
export async function withCommitStatus<T>(
  grant: Grant,
  requestId: string,
  work: () => Promise<T>,
  describe: (result: T) => DoneStatus,
): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (cause) {
    const error = classify(cause, requestId);
    await grant.setStatus({ state: "error", description: error.message });
    throw error;
  }
  await grant.setStatus(describe(result));
  return result;
}
