/**
 * Short addresses that lead to the list of repositories.
 *
 * @module
 */
import type { Config } from "../config.ts";
import type { Handler } from "../http/router.ts";
import { decodeSegment } from "../http/path_segment.ts";
import { isAsset, serveAsset } from "./page_assets.ts";
import { Site } from "./links.ts";

/**
 * Makes the handlers of `/`, which leads to all repositories, and of `/coverages-ui/{org}`, which
 * leads to those of an organisation, unless it is a file that pages need.
 */
export function createEntrances(
  config: Pick<Config, "publicUrl" | "githubUrl">,
): { root: Handler; organisationOrAsset: Handler } {
  const redirect = (location: string) =>
    new Response(null, { status: 302, headers: { location, "cache-control": "no-cache" } });
  return {
    root: (_request, { url }) => redirect(new Site(config, url.origin).home()),
    organisationOrAsset(request, context) {
      const name = decodeSegment(context.params.name ?? "");
      if (isAsset(name)) return serveAsset(request, context);
      return redirect(new Site(config, context.url.origin).home({ org: name }));
    },
  };
}
