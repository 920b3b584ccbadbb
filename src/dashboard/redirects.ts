/** Short addresses that lead to the list of repositories. */
import { decodeSegment, type Handler } from "../http/router.ts";
import { assets } from "./page_assets.ts";
import { Links, type LinkSettings } from "./links.ts";

/**
 * `/` leads to all repositories, `/coverages-ui/{org}` to those of an organisation, unless it names
 * a file that pages need.
 */
export function createEntrances(
  config: LinkSettings,
): { root: Handler; organisationOrAsset: Handler } {
  const redirect = (location: string) =>
    new Response(null, { status: 302, headers: { location, "cache-control": "no-cache" } });
  return {
    root: (_request, { url }) => redirect(new Links(config, url.origin).home()),
    organisationOrAsset(_request, { url, params }) {
      const name = decodeSegment(params.name ?? "");
      if (assets.has(name)) return assets.serve(name);
      return redirect(new Links(config, url.origin).home({ org: name }));
    },
  };
}
