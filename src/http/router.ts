/**
 * Picks the handler of a request from a table of routes.
 *
 * @module
 */
import type { Client } from "./client_address.ts";
import { HttpError } from "../errors.ts";

/** What a handler gets beside the request. */
export interface RouteContext extends Client {
  /** The parsed address. */
  readonly url: URL;
  /** The `:names` of the route's path, still percent-encoded; a `*` is `"0"`. */
  readonly params: Readonly<Record<string, string | undefined>>;
  /** Stands for this request in the log. */
  readonly requestId: string;
  /** Told the path of the route that the request takes, for whoever counts. */
  readonly taken?: (route: string) => void;
}

/** Answers a request, or throws an error that `classify` knows. */
export type Handler = (request: Request, context: RouteContext) => Response | Promise<Response>;

/** One row of the route table; a `GET` handler answers `HEAD` as well. */
export interface Route {
  /** The HTTP method. */
  readonly method: "GET" | "POST" | "PUT";
  /** An URLPattern pathname; a trailing slash in the request is taken as well. */
  readonly path: string;
  /** What answers. */
  readonly handler: Handler;
}

/**
 * Makes one handler of a table. It throws 404 where no path matches and 405, with `Allow`, where
 * one does but not with this method. The first row that matches wins.
 */
export function createRouter(routes: readonly Route[]): Handler {
  const compiled = routes.map((route) => ({
    ...route,
    pattern: new URLPattern({ pathname: `${route.path}{/}?` }),
  }));

  return (request, context) => {
    const method = request.method === "HEAD" ? "GET" : request.method;
    const allowed = new Set<string>();
    // A pattern matches text twenty times faster than a URL, whose parts it asks for one by one.
    const { href } = context.url;
    for (const { method: routeMethod, path, pattern, handler } of compiled) {
      const match = pattern.exec(href);
      if (!match) continue;
      if (routeMethod === method) {
        context.taken?.(path);
        return handler(request, { ...context, params: match.pathname.groups });
      }
      allowed.add(routeMethod);
      if (routeMethod === "GET") allowed.add("HEAD");
    }
    if (allowed.size === 0) {
      throw new HttpError(404, `There is nothing at ${context.url.pathname}.`);
    }
    const allow = [...allowed].join(", ");
    throw new HttpError(
      405,
      `${request.method} is not possible at ${context.url.pathname}; allowed: ${allow}.`,
      { headers: { allow } },
    );
  };
}
