/**
 * `GET /coverages-ui/{name}`: the style, the script and the icon of the pages. Each has a digest of
 * its content in its name, so that browsers cache it forever.
 */
import { NamedFiles } from "../http/static_files.ts";
import type { RouteContext } from "../http/router.ts";
import icon from "./icon.svg" with { type: "text" };
import script from "./script.js" with { type: "text" };
import style from "./style.css" with { type: "text" };

const files = new NamedFiles();

export const assetNames = {
  style: files.add("style", "css", "text/css", style),
  script: files.add("script", "js", "text/javascript", script),
  icon: files.add("icon", "svg", "image/svg+xml", icon),
} as const;

export function isAsset(name: string): boolean {
  return files.has(name);
}

export function serveAsset(_request: Request, { params }: RouteContext): Response {
  return files.serve(params.name ?? "");
}
