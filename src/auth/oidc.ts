/**
 * OIDC tokens of GitHub Actions and GitLab CI: a job's own proof of which repository it runs for,
 * checked without asking the code host about it.
 */
import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  errors,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyGetKey,
} from "jose";
import { HttpError, quote, unavailable } from "../errors.ts";
import { checkAccount, type Credential, PLAIN_GRANT, unauthorized } from "./credential.ts";
import { fetchBounded } from "./fetch_bounded.ts";
import { githubOf } from "../model/code_host.ts";

interface OidcOptions {
  /** Who may issue them; `{issuer}/.well-known/openid-configuration` says where their keys are. */
  readonly issuers: readonly string[];
  /** Whom they must be meant for; one of these is enough, and the first is named to clients. */
  readonly audiences: readonly string[];
  /** The scopes of the repositories that may upload. */
  readonly accounts: readonly string[];
  /** Milliseconds between two looks for a key that is not known. Default: half a minute. */
  readonly cooldownMs?: number;
}

/** Signatures by a key pair; with a shared secret, or none, anybody could sign. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"];
const KEYS_MS = 5000;
/** Clocks are allowed to differ by this. */
const CLOCK_SECONDS = 30;

/**
 * Makes the check of tokens. It throws 401 for a bad one, 403 for a repository that may not upload, 503
 * where the issuer's keys are away.
 */
export function createOidc(
  { issuers, audiences, accounts, cooldownMs = 30_000 }: OidcOptions,
): (token: string) => Promise<Credential> {
  const keys = new Map(issuers.map((issuer) => [issuer, keysOf(issuer, cooldownMs)]));

  return async (token) => {
    const { issuer, repository } = claimedBy(token);
    // The issuer is looked up, never asked for at an address that the token gives.
    const issuerKeys = keys.get(issuer);
    if (!issuerKeys) {
      throw unauthorized(
        `The OIDC token is issued by ${quote(issuer)}; it must be issued by ${
          issuers.join(" or ")
        }.`,
      );
    }
    // Before anything is asked for: what the token says of itself is enough to refuse it.
    const [org = "", ...repo] = repository.split("/");
    checkAccount(accounts, org, repo.join("/"));
    let claims: JWTPayload;
    try {
      ({ payload: claims } = await jwtVerify(token, issuerKeys, {
        issuer,
        audience: [...audiences],
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_SECONDS,
        requiredClaims: ["exp"],
      }));
    } catch (error) {
      throw explain(error, audiences[0]!);
    }
    return credentialOf(claims, issuer);
  };
}

/** The published keys. A key that is not among them is the token's fault, any other failure is not. */
function keysOf(issuer: string, cooldownMs: number): JWTVerifyGetKey {
  const discover = async () => {
    const signal = AbortSignal.timeout(KEYS_MS);
    const address = `${issuer}/.well-known/openid-configuration`;
    const answer = await fetchBounded(address, { signal, redirect: "manual" });
    const { jwks_uri } = await answer.json();
    return createRemoteJWKSet(new URL(jwks_uri), {
      timeoutDuration: KEYS_MS,
      cooldownDuration: cooldownMs,
      [customFetch]: fetchBounded,
    });
  };
  let published: ReturnType<typeof discover> | undefined;
  return async (...wanted) => {
    try {
      published ??= discover();
      const keys = await published.catch((error) => {
        published = undefined;
        throw error;
      });
      return await keys(...wanted);
    } catch (error) {
      const isToken = error instanceof errors.JWKSNoMatchingKey ||
        error instanceof errors.JWKSMultipleMatchingKeys ||
        error instanceof errors.JOSENotSupported;
      if (isToken) throw error;
      throw unavailable(
        "The keys of the OIDC token's issuer are not available. Retry shortly.",
        error,
      );
    }
  };
}

function claimedBy(token: string): { issuer: string; repository: string } {
  let claims: JWTPayload;
  try {
    claims = decodeJwt(token);
  } catch (error) {
    throw unauthorized("The Authorization header holds a malformed OIDC token.", error);
  }
  const { iss } = claims;
  return { issuer: typeof iss === "string" ? iss : "", repository: repositoryOf(claims) };
}

/**
 * `org/repo`, or an empty text. GitLab's groups nest, and their slashes become two dashes. GitLab gives
 * no group such a name today; one that an older GitLab gave must not pass for a group in a group.
 */
function repositoryOf({ repository, project_path }: JWTPayload): string {
  if (typeof repository === "string") return repository;
  if (typeof project_path !== "string") return "";
  if (/--.*\//.test(project_path)) {
    throw new HttpError(
      403,
      `The OIDC token is for ${
        quote(project_path)
      }; two dashes in a group's name stand for a slash ` +
        "here, so this group needs an upload token.",
    );
  }
  return project_path.replaceAll(/\/(?=.*\/)/g, "--");
}

function explain(error: unknown, audience: string): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof errors.JWTExpired) {
    return unauthorized("The OIDC token has expired; request a new one in the same step.", error);
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    const sentence = error.claim === "aud"
      ? `The OIDC token is for another audience; request it for ${audience}.`
      : `The OIDC token is not acceptable: ${error.message}.`;
    return unauthorized(sentence, error);
  }
  if (error instanceof errors.JOSEError) {
    return unauthorized("The OIDC token's signature is not its issuer's.", error);
  }
  // The issuer has a key that is too weak, or of another kind than the token's algorithm.
  return unauthorized("The OIDC token is signed with a key that is not acceptable.", error);
}

function credentialOf(claims: JWTPayload, issuer: string): Credential {
  const repository = repositoryOf(claims);
  const id = claims.repository_id ?? claims.project_id;
  if (repository === "" || !/^\d+$/.test(String(id))) {
    throw unauthorized("The OIDC token does not name its repository.");
  }
  return {
    // deno-lint-ignore require-await -- what it throws must arrive as a rejection
    async authorize({ org_name, repo_name }) {
      if (repository.toLowerCase() !== `${org_name}/${repo_name}`.toLowerCase()) {
        throw new HttpError(
          403,
          `The OIDC token is for ${quote(repository)}, not for ${org_name}/${repo_name}.`,
        );
      }
      return { ...PLAIN_GRANT, identity: `${githubOf(issuer)} ${id}` };
    },
  };
}
