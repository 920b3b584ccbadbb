/**
 * OIDC tokens of GitHub Actions: a job's own proof of which repository it runs for, checked without
 * asking GitHub about it.
 *
 * @module
 */
import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  errors,
  type JWTPayload,
  jwtVerify,
} from "jose";
import { HttpError, quote, unavailable } from "../errors.ts";
import { unauthorized } from "./credential.ts";
import { type Credential, PLAIN_GRANT } from "./grant.ts";

export interface OidcOptions {
  /** Who may issue them; their keys are at `{issuer}/.well-known/jwks`. */
  readonly issuers: readonly string[];
  /** Whom they must be meant for; one of these is enough, and the first is named to clients. */
  readonly audiences: readonly string[];
  /** Milliseconds between two looks for a key that is not known. Default: half a minute. */
  readonly cooldownMs?: number;
}

/** Signatures by a key pair; with a shared secret, or none, anybody could sign. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"];
const KEYS_MS = 5000;
/** Clocks are allowed to differ by this. */
const CLOCK_SECONDS = 30;

/** Makes the check of tokens. It throws 401 for a bad one, 503 where the issuer's keys are away. */
export function createOidc(
  { issuers, audiences, cooldownMs = 30_000 }: OidcOptions,
): (token: string) => Promise<Credential> {
  const keys = new Map(issuers.map((issuer) => [
    issuer,
    createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks`), {
      timeoutDuration: KEYS_MS,
      cooldownDuration: cooldownMs,
      [customFetch]: fetchKeys,
    }),
  ]));

  return async (token) => {
    const issuer = issuerOf(token);
    // The issuer is looked up, never asked for at an address that the token gives.
    const issuerKeys = keys.get(issuer);
    if (!issuerKeys) {
      throw unauthorized(
        `The OIDC token is issued by ${quote(issuer)}; it must be issued by ${
          issuers.join(" or ")
        }.`,
      );
    }
    let claims: JWTPayload;
    try {
      ({ payload: claims } = await jwtVerify(token, issuerKeys, {
        issuer,
        audience: [...audiences],
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_SECONDS,
        requiredClaims: ["exp", "repository", "repository_id"],
      }));
    } catch (error) {
      throw explain(error, audiences[0]!);
    }
    return credentialOf(claims, issuer);
  };
}

/** jose leaves the body of an answer that it does not like unread, and the connection with it. */
async function fetchKeys(url: string, init: RequestInit): Promise<Response> {
  const answer = await fetch(url, init);
  if (answer.status !== 200) await answer.body?.cancel();
  return answer;
}

function issuerOf(token: string): string {
  try {
    const { iss } = decodeJwt(token);
    return typeof iss === "string" ? iss : "";
  } catch (error) {
    throw unauthorized("The Authorization header holds a malformed OIDC token.", error);
  }
}

function explain(error: unknown, audience: string): HttpError {
  if (error instanceof errors.JWTExpired) {
    return unauthorized("The OIDC token has expired; request a new one in the same step.", error);
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    const sentence = error.claim === "aud"
      ? `The OIDC token is for another audience; request it for ${audience}.`
      : `The OIDC token is not acceptable: ${error.message}.`;
    return unauthorized(sentence, error);
  }
  const isToken = error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported || error instanceof errors.JWSInvalid ||
    error instanceof errors.JWTInvalid || error instanceof errors.JWKSMultipleMatchingKeys;
  if (isToken) return unauthorized("The OIDC token's signature is not its issuer's.", error);
  return unavailable(
    "The keys of the OIDC token's issuer are not available. Retry shortly.",
    error,
  );
}

function credentialOf(claims: JWTPayload, issuer: string): Credential {
  const { repository, repository_id } = claims;
  if (typeof repository !== "string" || !/^\d+$/.test(String(repository_id))) {
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
      return { ...PLAIN_GRANT, identity: `${issuer} ${repository_id}` };
    },
  };
}
