/** Who may read what, where reading needs a login. */
import type { Config, Login } from "../config.ts";
import { HttpError } from "../errors.ts";
import { acceptsPage } from "../http/headers.ts";
import { isOwnName } from "../http/request.ts";
import { type Access, decodeSegment, type Reader, type RouteContext } from "../http/router.ts";
import { orgName, repoName, repositoryFields } from "../model/fields.ts";
import type { RepositoryName } from "../model/rows.ts";
import { badgeTokens, LOGIN_PATH } from "../model/urls.ts";
import { covers, hashOf, secretOf, unauthorized } from "./credential.ts";
import type { Authenticate } from "./authenticate.ts";
import { isChecked, type Sessions } from "./session.ts";
import { scopesOf } from "./upload_token.ts";

/**
 * Makes the check of who reads. It throws 401 where a request has no credential that reads, 404 where
 * its credential does not read the repository, as for one that is not there. Undefined: everything. A
 * response leads a browser to the provider, which is asked again whether somebody may still read.
 */
export function createReaderCheck(
  { login, auth, sessions, checkCredential, refuseOther }: {
    login: Login;
    auth: Config["auth"];
    sessions: Sessions;
    checkCredential: Authenticate;
    /** Throws 403 for a repository that is of another identity. */
    refuseOther: (repository: RepositoryName, identity: string) => Promise<void>;
  },
) {
  const readerOf = async (
    request: Request,
    context: RouteContext,
    repository: RepositoryName | undefined,
  ): Promise<Reader> => {
    const secret = secretOf(request.headers);
    if (secret === undefined) {
      throw unauthorized(
        "Reading needs a login, or a token: Authorization: Bearer <a token of READ_TOKENS>.",
      );
    }
    const scopes = scopesOf(secret, login.readTokens);
    if (scopes.length > 0) return { scopes };
    if (!repository || auth.methods.size === 0) {
      throw unauthorized(
        "The credential is no token of READ_TOKENS. One for uploads reads a single repository, " +
          "which the address must name.",
      );
    }
    const credential = await checkCredential(request, context);
    const github_api_url = context.url.searchParams.get("github_api_url") || undefined;
    try {
      const { identity } = await credential.authorize({ ...repository, github_api_url });
      if (identity !== undefined) await refuseOther(repository, identity);
    } catch (error) {
      const status = error instanceof HttpError ? error.status : 500;
      if (status === 403) throw notThere(repository);
      throw status === 422 ? unauthorized((error as HttpError).message, error) : error;
    }
    return { scopes: [`${repository.org_name}/${repository.repo_name}`] };
  };

  return async (
    access: Access,
    request: Request,
    context: RouteContext,
  ): Promise<Reader | Response | undefined> => {
    if (access === "open" || access === "upload") return undefined;
    if (access === "operator") {
      if (context.direct && isOwnName(context.url)) return undefined;
      const reader = await readerOf(request, context, undefined);
      if (reader.scopes.includes("*")) return reader;
      throw unauthorized("Metrics are of all repositories; they need a token for *.");
    }
    const repository = repositoryOf(context);
    if (access === "badge" && repository && opensBadge(login, repository, context.url)) {
      return undefined;
    }
    const session = await sessions.read(request);
    if (session && !isChecked(session) && acceptsPage(request)) {
      const { pathname, search } = context.url;
      const query = new URLSearchParams({ to: pathname + search });
      const location = `${login.publicUrl}${LOGIN_PATH}?${query}`;
      return new Response(null, { status: 303, headers: { location } });
    }
    const reader = session && isChecked(session)
      ? { scopes: ["*"], person: session.person }
      : await readerOf(request, context, repository);
    const isSeen = access === "reader" ||
      reader.scopes.some((scope) =>
        scope === "*" || (repository && covers(scope, repository.org_name, repository.repo_name))
      );
    if (isSeen) return reader;
    throw notThere(repository ?? { org_name: "", repo_name: "" });
  };
}

/**
 * What a request asks for, by the names that its handler will read: those of its path, else of its
 * query. An author's page has all repositories of an account: `*`. Undefined for names that no
 * repository can have.
 */
function repositoryOf({ url, params }: RouteContext): RepositoryName | undefined {
  const { org, repo } = params;
  const query = repositoryFields(url);
  const name = org === undefined
    ? { org_name: query.org_name, repo_name: query.repo_name }
    : { org_name: decodeSegment(org), repo_name: repo === undefined ? "*" : decodeSegment(repo) };
  const isAccount = org !== undefined && repo === undefined;
  const { data: org_name } = orgName.safeParse(name.org_name);
  const { data: repo_name } = isAccount ? { data: "*" } : repoName.safeParse(name.repo_name);
  return org_name === undefined || repo_name === undefined ? undefined : { org_name, repo_name };
}

/** Compared by hash, so that the time taken tells nothing about the token. */
function opensBadge({ secrets }: Login, repository: RepositoryName, url: URL): boolean {
  const given = hashOf(url.searchParams.get("token") ?? "");
  return badgeTokens(secrets, repository).some((token) => hashOf(token) === given);
}

function notThere({ org_name, repo_name }: RepositoryName): HttpError {
  return new HttpError(404, `No uploads for ${org_name}/${repo_name} yet.`);
}
