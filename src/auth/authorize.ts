/**
 * Who may upload.
 *
 * @module
 */
import type { Config } from "../config.ts";
import { HttpError } from "../http/errors.ts";
import type { RouteContext } from "../http/router.ts";

/** Lets a request that changes something pass, or throws 401 or 403. No body has been read by then. */
export type Authorize = (request: Request, context: RouteContext) => Promise<void>;

/**
 * `none` lets everybody pass. `local`, the default of a server that only listens to its own machine,
 * lets pass what comes straight from it: not what a proxy forwards, which may be anybody.
 */
export function createAuthorize(config: Pick<Config, "auth" | "publicUrl">): Authorize {
  // deno-lint-ignore require-await
  return async (request, context) => {
    refuseForeignPages(request, [context.url.origin, config.publicUrl]);
    if (config.auth === "none" || context.direct) return;
    throw new HttpError(
      401,
      "This server takes uploads from its own machine only; " +
        "its operator can set AUTH=none to take them from everybody who reaches it.",
      { headers: { "www-authenticate": "Bearer" } },
    );
  };
}

/**
 * A page of another site, or a report in its sandbox, must not upload with the network position or
 * the proxy login of whoever looks at it: browsers send a form there without asking. They say where
 * it comes from, and clients such as curl say nothing.
 */
function refuseForeignPages(request: Request, ours: (string | undefined)[]): void {
  const site = request.headers.get("sec-fetch-site");
  const origin = request.headers.get("origin");
  const isForeign = (site !== null && site !== "same-origin" && site !== "none") ||
    (origin !== null && !ours.some((url) => url !== undefined && new URL(url).origin === origin));
  if (isForeign) throw new HttpError(403, "Uploads are not taken from pages of other origins.");
}
