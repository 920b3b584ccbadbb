/**
 * `GET /coverages-ui/{name}`: the style, the script and the icon of the pages. Each has a digest of
 * its content in its name, so that browsers keep it for good. They are part of the program, which
 * finds them wherever it was started.
 *
 * @module
 */
import { createHash } from "node:crypto";
import base from "@picocss/pico/css/pico.classless.min.css" with { type: "text" };
import { HttpError } from "../http/errors.ts";
import { assetHeaders, withHeaders } from "../http/headers.ts";
import type { RouteContext } from "../http/router.ts";
import icon from "./icon.svg" with { type: "text" };
import script from "./script.js" with { type: "text" };
import style from "./style.css" with { type: "text" };

const files = new Map<string, { content: string; type: string }>();

function add(name: string, extension: string, type: string, content: string): string {
  const digest = createHash("sha256").update(content).digest("hex").slice(0, 16);
  const file = `${name}-${digest}.${extension}`;
  files.set(file, { content, type });
  return file;
}

/** Pico's icons are `data:` addresses, and pages may load nothing but files of this server. */
const baseWithoutIcons = base.replaceAll(/url\("data:[^"]*"\)/g, "none");

/** The file names, as pages refer to them. */
export const assetNames = {
  /** The style: a kept base, and what is ours. */
  style: add("style", "css", "text/css", `${baseWithoutIcons}\n${style}`),
  /** The one script. */
  script: add("script", "js", "text/javascript", script),
  /** The icon. */
  icon: add("icon", "svg", "image/svg+xml", icon),
} as const;

/** Whether there is such a file. */
export function isAsset(name: string): boolean {
  return files.has(name);
}

/** Answers with a file. */
export function serveAsset(_request: Request, { params }: RouteContext): Response {
  const file = files.get(params.name ?? "");
  if (!file) throw new HttpError(404, "There is no such file.");
  const response = new Response(file.content, {
    headers: { "content-type": `${file.type}; charset=utf-8` },
  });
  return withHeaders(response, assetHeaders);
}
