/**
 * `GET /coverages-ui/{name}`: the style, the script and the icon of the pages. Each has a digest of
 * its content in its name, so that browsers keep it for good. They are part of the program, which
 * finds them wherever it was started.
 *
 * @module
 */
import base from "@picocss/pico/css/pico.classless.min.css" with { type: "text" };
import { NamedFiles } from "../http/static_files.ts";
import type { RouteContext } from "../http/router.ts";
import icon from "./icon.svg" with { type: "text" };
import script from "./script.js" with { type: "text" };
import style from "./style.css" with { type: "text" };

const files = new NamedFiles();

/** Pico's icons are `data:` addresses, and pages may load nothing but files of this server. */
const baseWithoutIcons = base.replaceAll(/url\("data:[^"]*"\)/g, "none");

/** The file names, as pages refer to them. */
export const assetNames = {
  /** The style: a kept base, and what is ours. */
  style: files.add("style", "css", "text/css", `${baseWithoutIcons}\n${style}`),
  /** The one script. */
  script: files.add("script", "js", "text/javascript", script),
  /** The icon. */
  icon: files.add("icon", "svg", "image/svg+xml", icon),
} as const;

/** Whether there is such a file. */
export function isAsset(name: string): boolean {
  return files.has(name);
}

/** Answers with a file. */
export function serveAsset(_request: Request, { params }: RouteContext): Response {
  return files.serve(params.name ?? "");
}
