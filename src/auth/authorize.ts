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
export function createAuthorize(config: Pick<Config, "auth">): Authorize {
  // deno-lint-ignore require-await
  return async (_request, context) => {
    if (config.auth === "none" || context.direct) return;
    throw new HttpError(
      401,
      "This server takes uploads from its own machine only; " +
        "its operator can set AUTH=none to take them from everybody who reaches it.",
      { headers: { "www-authenticate": "Bearer" } },
    );
  };
}
