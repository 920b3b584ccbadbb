/**
 * Who may upload.
 *
 * @module
 */
import type { Config } from "../config.ts";
import { HttpError } from "../errors.ts";
import type { RouteContext } from "../http/router.ts";
import type { Log } from "../log.ts";
import { Attempts } from "./rate_limit.ts";
import { hashOf, isJwt, secretOf, unauthorized } from "./credential.ts";
import { createGithub } from "./github.ts";
import { createOidc } from "./oidc.ts";
import { type Credential, OPEN_GRANT } from "./grant.ts";
import { findToken, TOKEN_PREFIX } from "./upload_token.ts";

/**
 * Looks at the headers of a request that wants to change something. Throws 401 for a missing or bad
 * credential, 403 for a page of another origin, 429 for too many bad ones. No body has been read by
 * then, and none should be before the credential has given its grant.
 */
export type Authorize = (request: Request, context: RouteContext) => Promise<Credential>;

/** The credential of whoever needs none. */
const OPEN: Credential = { grant: () => Promise.resolve(OPEN_GRANT) };

/** Makes the check of credentials; which kind one is, its form tells. */
export function createAuthorize(
  { config: { auth, publicUrl }, log }: {
    config: Pick<Config, "auth" | "publicUrl">;
    log: Log;
  },
): Authorize {
  const attempts = new Attempts();
  const github = createGithub({ apiUrls: auth.githubApiUrls, log });
  const oidc = auth.oidcAudiences.length === 0
    ? undefined
    : createOidc({ issuers: auth.oidcIssuers, audiences: auth.oidcAudiences });

  const credentialOf = (secret: string): Promise<Credential> => {
    const token = findToken(secret, auth.uploadTokens);
    if (token) return Promise.resolve(token);
    if (isJwt(secret) && oidc) return oidc(secret);
    if (secret.startsWith(TOKEN_PREFIX) || !auth.methods.has("github")) {
      throw unauthorized(`The credential is not known here. ${wanted(auth.methods)}`);
    }
    if (isJwt(secret)) {
      throw unauthorized(`The credential is an OIDC token. ${wanted(auth.methods)}`);
    }
    return Promise.resolve(github(secret));
  };

  return async (request, context) => {
    refuseForeignPages(request, context.url, publicUrl);
    if (auth.methods.size === 0) return OPEN;
    if (auth.local && context.direct && isOwnName(context.url)) return OPEN;
    const { client } = context;
    const logged = async <T>(work: () => Promise<T>): Promise<T> => {
      try {
        return await work();
      } catch (error) {
        const told = error instanceof HttpError
          ? { status: error.status, reason: error.message }
          : { error };
        log.info("credential refused", { client, ...told });
        throw error;
      }
    };
    return await logged(async () => {
      const secret = secretOf(request.headers);
      if (secret === undefined) {
        throw unauthorized(`The request has no Authorization header. ${wanted(auth.methods)}`);
      }
      const hash = hashOf(secret);
      const attempt = { client, credential: hash };
      const credential = await attempts.make(attempt, async () => await credentialOf(secret));
      return {
        grant: (subject) =>
          logged(() =>
            attempts.make(
              { ...attempt, at: subject.github_api_url ?? "-", subject: JSON.stringify(subject) },
              () => credential.grant(subject),
            )
          ),
      };
    });
  };
}

/** What the server takes, in words. */
function wanted(methods: ReadonlySet<string>): string {
  const kinds = [
    ...(methods.has("github") ? ["a job's GitHub token"] : []),
    ...(methods.has("oidc") ? ["an OIDC token of GitHub Actions"] : []),
    ...(methods.has("token") ? ["an upload token"] : []),
  ];
  return `This server takes ${kinds.join(", or ")}: Authorization: Bearer <token>.`;
}

/**
 * Whether an address can only mean the host it names. Any other name may have been given this
 * server's address by whoever owns the name, to have a browser take their page for one of ours
 * (DNS rebinding).
 */
function isOwnName({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname.startsWith("[") || /^[\d.]+$/.test(hostname);
}

/**
 * A page of another site, or a report in its sandbox, must not upload with the network position or
 * the proxy login of whoever looks at it: browsers send a form there without asking. They say where
 * it comes from, and clients such as curl say nothing.
 */
function refuseForeignPages({ headers }: Request, url: URL, publicUrl: string | undefined): void {
  const site = headers.get("sec-fetch-site");
  const origin = headers.get("origin");
  const ours = [
    ...(publicUrl === undefined ? [] : [new URL(publicUrl).origin]),
    ...(isOwnName(url) ? [url.origin] : []),
  ];
  const isForeign = (site !== null && site !== "same-origin" && site !== "none") ||
    (origin !== null && !ours.includes(origin));
  if (isForeign) throw new HttpError(403, "Uploads are not taken from pages of other origins.");
}
