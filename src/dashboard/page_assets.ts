/** The style, the script and the icon of the pages. */
import { createHash } from "node:crypto";
import { HttpError } from "../errors.ts";
import { inPieces } from "../http/byte_stream.ts";
import { assetHeaders, withHeaders } from "../http/headers.ts";
import icon from "./icon.svg" with { type: "text" };
import script from "./script.js" with { type: "text" };
import style from "./style.css" with { type: "text" };

/**
 * Files that are part of the program, under names that change with their content, so that browsers
 * cache them forever.
 */
export class NamedFiles {
  readonly #files = new Map<string, { content: Uint8Array<ArrayBuffer>; type: string }>();

  /** Adds one, of a media type of text; returns its name, which has a digest of the content in it. */
  add(name: string, extension: string, type: string, text: string): string {
    const content = new TextEncoder().encode(text);
    const digest = createHash("sha256").update(content).digest("hex").slice(0, 16);
    const file = `${name}-${digest}.${extension}`;
    this.#files.set(file, { content, type });
    return file;
  }

  has(name: string): boolean {
    return this.#files.has(name);
  }

  /** Answers with the one of that name. Throws 404 where there is none. */
  serve(name: string): Response {
    const file = this.#files.get(name);
    if (!file) throw new HttpError(404, "There is no such file.");
    const headers = {
      "content-type": `${file.type}; charset=utf-8`,
      "content-length": String(file.content.byteLength),
    };
    return withHeaders(new Response(inPieces(file.content), { headers }), assetHeaders);
  }
}

export const assets = new NamedFiles();

export const assetNames = {
  style: assets.add("style", "css", "text/css", style),
  script: assets.add("script", "js", "text/javascript", script),
  icon: assets.add("icon", "svg", "image/svg+xml", icon),
} as const;
