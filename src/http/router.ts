/** Finds the handler of a request in the route table, and reads the names in its path. */
import { HttpError, quote } from "../errors.ts";
import type { Client } from "./request.ts";

/** Who reads, where reading needs a login. */
export interface Reader {
  /** The repositories they see: `org/repo`, `org/*` or `*`. */
  readonly scopes: readonly string[];
  /** The name of somebody who is signed in. */
  readonly person?: string;
}

export interface RouteContext extends Client {
  readonly url: URL;
  /** The `:names` of the route's path, still percent-encoded; a `*` is `"0"`. */
  readonly params: Readonly<Record<string, string | undefined>>;
  readonly requestId: string;
  /** Undefined: everything may be read. */
  readonly reader?: Reader | undefined;
}

/** Answers a request, or throws an error that `classify` turns into an answer. */
export type Handler = (request: Request, context: RouteContext) => Response | Promise<Response>;

/**
 * Who may use a route where reading needs a login:
 * - `open`: everybody; it shows nothing of a repository, or only by an address that nobody can guess
 * - `reader`: every reader; its handler leaves out what they do not see
 * - `repository`: who sees the repository that its path or query names
 * - `badge`: the same, and whoever has the repository's badge token
 * - `operator`: this machine, and a token for everything
 * - `upload`: who may upload, which its handler checks
 */
export type Access = "open" | "reader" | "repository" | "badge" | "operator" | "upload";

/**
 * Routes by `"METHOD /path"`, the path as a pathname of URLPattern. The first match wins, a trailing
 * slash is accepted, and `GET` answers `HEAD` as well.
 */
export type Routes = Readonly<Record<string, readonly [Access, Handler]>>;

/** Compiles the table. The result throws 404 where no path matches, and 405 with `Allow` where one does. */
export function createRouter(routes: Routes) {
  const compiled = Object.entries(routes).map(([route, [access, handler]]) => {
    const [method = "", path = ""] = route.split(" ");
    const start = path.split(/[:{*]/, 1)[0]!;
    const pattern = start === path ? undefined : new URLPattern({ pathname: `${path}{/}?` });
    return { method, start, pattern, route: { path, access, handler } };
  });
  return (requested: string, url: URL) => {
    const method = requested === "HEAD" ? "GET" : requested;
    const allowed = new Set<string>();
    const { href, pathname } = url;
    for (const { method: routeMethod, start, pattern, route } of compiled) {
      if (!pathname.startsWith(start)) continue;
      const rest = pathname.slice(start.length);
      // A path without parameters needs no pattern. A pattern matches text twenty times faster than a
      // URL object.
      const params = pattern
        ? pattern.exec(href)?.pathname.groups
        : rest === "" || rest === "/"
        ? {}
        : undefined;
      if (!params) continue;
      if (routeMethod === method) return { ...route, params };
      allowed.add(routeMethod);
      if (routeMethod === "GET") allowed.add("HEAD");
    }
    if (allowed.size === 0) throw new HttpError(404, `There is nothing at ${url.pathname}.`);
    const allow = [...allowed].join(", ");
    throw new HttpError(
      405,
      `${requested} is not allowed at ${url.pathname}; allowed: ${allow}.`,
      { headers: { allow } },
    );
  };
}

/** Percent-decodes one segment of a path; throws 400 for what no file of a report can be named. */
export function decodeSegment(segment: string): string {
  let name: string;
  try {
    name = decodeURIComponent(segment);
  } catch (error) {
    throw new HttpError(400, `The path has a malformed escape in ${quote(segment)}.`, {
      cause: error,
    });
  }
  const isSeparator = name.includes("/") || (Deno.build.os === "windows" && name.includes("\\"));
  if (name === "." || name === ".." || name.includes("\0") || isSeparator) {
    throw new HttpError(
      400,
      `The path has a segment that names no file, ${quote(segment)}.`,
    );
  }
  return name;
}

/** The repository that the path of a route names. */
export function repositoryIn({ org = "", repo = "" }: RouteContext["params"]) {
  return { org_name: decodeSegment(org), repo_name: decodeSegment(repo) };
}
