/** Who may upload: the credential of a request, by its headers alone. */
import type { Config } from "../config.ts";
import { HttpError } from "../errors.ts";
import type { RouteContext } from "../http/router.ts";
import type { Log } from "../log.ts";
import { isOwnName } from "../http/request.ts";
import {
  checkAccount,
  type Credential,
  hashOf,
  isJwt,
  PLAIN_GRANT,
  secretOf,
  unauthorized,
} from "./credential.ts";
import { createGithub } from "./github.ts";
import { createOidc } from "./oidc.ts";
import { RateLimit } from "./rate_limit.ts";
import { findToken, TOKEN_PREFIX } from "./upload_token.ts";

/**
 * Throws 401 for a missing or bad credential, 403 for a page of another origin, 429 after too many
 * bad ones. No body is read before the credential has authorized what the request wants.
 */
export type Authenticate = (request: Request, context: RouteContext) => Promise<Credential>;

/** For clients that need no credential. */
const ANYBODY: Credential = { authorize: () => Promise.resolve(PLAIN_GRANT) };

/** Lets in who needs no credential, and checks that of everybody else. */
export function createAuthenticate(
  { config: { auth, publicUrl }, checkCredential }: {
    config: Pick<Config, "auth" | "publicUrl">;
    checkCredential: Authenticate;
  },
): Authenticate {
  return async (request, context) => {
    refuseForeignPages(request, context.url, publicUrl);
    if (auth.methods.size === 0) return ANYBODY;
    if (auth.local && context.direct && isOwnName(context.url)) return ANYBODY;
    return await checkCredential(request, context);
  };
}

/** The form of a credential tells its kind. */
export function createCredentialCheck(
  { config: { auth }, log }: { config: Pick<Config, "auth">; log: Log },
): Authenticate {
  const rateLimit = new RateLimit();
  const github = createGithub({ apiUrls: auth.githubApiUrls, log });
  const oidc = auth.oidcAudiences.length === 0 ? undefined : createOidc({
    issuers: auth.oidcIssuers,
    audiences: auth.oidcAudiences,
    accounts: auth.uploadAccounts,
  });

  /** Of the kinds that are checked here; throws 401 for any other. */
  const credentialOf = async (secret: string): Promise<Credential> => {
    const token = findToken(secret, auth.uploadTokens);
    if (token) return token;
    if (isJwt(secret) && oidc) return await oidc(secret);
    const what = isJwt(secret) ? "an OIDC token" : "unknown";
    throw unauthorized(`The credential is ${what}. ${accepted(auth.methods)}`);
  };
  const isGithubToken = (secret: string) =>
    auth.methods.has("github") && !isJwt(secret) && !secret.startsWith(TOKEN_PREFIX) &&
    !findToken(secret, auth.uploadTokens);

  return async (request, context) => {
    const { client } = context;
    const logged = async <T>(work: () => Promise<T>): Promise<T> => {
      try {
        return await work();
      } catch (error) {
        const why = error instanceof HttpError
          ? { status: error.status, reason: error.message }
          : { error };
        log.info("credential rejected", { client, ...why });
        throw error;
      }
    };
    return await logged(async () => {
      const secret = secretOf(request.headers);
      if (secret === undefined) {
        throw unauthorized(`The request has no Authorization header. ${accepted(auth.methods)}`);
      }
      const attempt = { client, credential: hashOf(secret) };
      const isRemote = isGithubToken(secret);
      const credential = isRemote
        ? github(secret)
        : await rateLimit.run(attempt, () => credentialOf(secret));
      return {
        authorize: (target, status) =>
          logged(async () => {
            // Before GitHub is asked: what a stranger's repository is called is enough to refuse it.
            if (isRemote) checkAccount(auth.uploadAccounts, target.org_name, target.repo_name);
            const at = target.github_api_url ?? "-";
            const what = JSON.stringify([target, status]);
            return await rateLimit.run(
              { ...attempt, at, target: what, isRemote },
              () => credential.authorize(target, status),
            );
          }),
      };
    });
  };
}

/** What the server accepts, in words. */
function accepted(methods: ReadonlySet<string>): string {
  const kinds = [
    ...(methods.has("github") ? ["a job's GitHub token"] : []),
    ...(methods.has("oidc") ? ["an OIDC token of a CI job"] : []),
    ...(methods.has("token") ? ["an upload token"] : []),
  ];
  return `This server accepts ${kinds.join(", or ")}: Authorization: Bearer <token>.`;
}

/**
 * A page of another site, or a report in its sandbox, must not upload or sign out with the network position or
 * the proxy login of whoever looks at it: browsers send a form there without asking. They say where
 * it comes from, and clients such as curl say nothing.
 */
export function refuseForeignPages(
  { headers }: Request,
  url: URL,
  publicUrl: string | undefined,
): void {
  const site = headers.get("sec-fetch-site");
  const origin = headers.get("origin");
  const ours = [
    ...(publicUrl === undefined ? [] : [new URL(publicUrl).origin]),
    ...(isOwnName(url) ? [url.origin] : []),
  ];
  const isForeign = (site !== null && site !== "same-origin" && site !== "none") ||
    (origin !== null && !ours.includes(origin));
  if (isForeign) throw new HttpError(403, "Requests from pages of other origins are not allowed.");
}
