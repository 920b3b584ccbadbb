/**
 * Storage for the scripts of reports. A sandboxed page has no origin, so that reading `localStorage`
 * throws, which ends the script of a coverage.py report for instance. A page that a browser opens
 * therefore begins with a script that gives it storage until it is closed. Every other request gets
 * the file from the archive, unchanged.
 *
 * @module
 */
import { type ByteStream, type Chunks, peek } from "../http/byte_stream.ts";
import script from "./sandbox_storage.js" with { type: "text" };

const tag = new TextEncoder().encode(`<script>${script}</script>`);

/** Enough for what may stand before a page's content; beyond that the page is unchanged. */
const HEAD = 16 * 1024;
/** Sets the entity tag of a page with the script apart from the file's. */
const MARK = "-opened";

/**
 * Whether a browser opens a page, rather than a program, or a script in a page, asking for a file.
 * Browsers then accept both kinds of HTML; `Sec-Fetch-Dest` decides where it is sent.
 */
export function opensPage({ headers }: Request): boolean {
  const destination = headers.get("sec-fetch-dest");
  if (destination !== null) {
    return ["document", "iframe", "frame", "embed", "object"].includes(destination);
  }
  return /^text\/html\b.*\bapplication\/xhtml\+xml\b/i.test(headers.get("accept") ?? "");
}

/**
 * The headers to read the file with when a browser opens a page: the whole file, unless the browser
 * has the page with the script already.
 */
export function askForPage(given: Headers): Headers {
  const headers = new Headers(given);
  headers.delete("range"); // its offsets are of the file
  headers.delete("if-modified-since"); // the browser may have the file without the script
  const known = headers.get("if-none-match");
  if (known !== null) {
    const tags = known.split(",").map((tag) => tag.trim())
      .filter((tag) => tag.includes(MARK) || tag === "*");
    if (tags.length === 0) headers.delete("if-none-match");
    else headers.set("if-none-match", tags.map((tag) => tag.replace(MARK, "")).join(", "));
  }
  return headers;
}

/** Adds storage to the answer that a page is. */
export async function withStorage(response: Response): Promise<Response> {
  const headers = new Headers(response.headers);
  const etag = headers.get("etag");
  if (etag) headers.set("etag", etag.replace(/"$/, `${MARK}"`));
  headers.delete("accept-ranges");
  const { status, body } = response;
  if (status !== 200 || !body) {
    headers.delete("content-length");
    return new Response(body, { status, headers });
  }
  const { head, all } = await peek(body as ByteStream, HEAD);
  const place = placeIn(head);
  if (place === undefined) return new Response(ReadableStream.from(all), { status, headers });
  const length = headers.get("content-length");
  if (length !== null) headers.set("content-length", String(Number(length) + tag.byteLength));
  return new Response(ReadableStream.from(insert(all, tag, place)), { status, headers });
}

const BLANK = String.raw`(?:\s+|<!--(?:-?>|[^]*?--!?>)|<\?[^>]*>)*`;
const INSIDE = String.raw`(?:[^>"']|"[^"]*"|'[^']*')*>`;
/** What may stand before the first element of a page's head, as HTML (13.2.6) reads it. */
const BEFORE = new RegExp(
  String.raw`^(?:\xef\xbb\xbf)?${BLANK}(?:<!doctype\b[^>]*>)?${BLANK}` +
    String.raw`(?:<html\b${INSIDE})?${BLANK}(?:<head(?=[\s>/])${INSIDE})?`,
  "i",
);

/**
 * Where the script goes: into the head, where the page writes it, and behind the document type at
 * least, since anything before that has a browser show the page as pages were in 1998. Nowhere in
 * UTF-16, and where that place is not in sight.
 */
function placeIn(head: Uint8Array): number | undefined {
  const text = new TextDecoder("latin1").decode(head);
  if (/^(\xff\xfe|\xfe\xff)/.test(text)) return undefined;
  const place = BEFORE.exec(text)![0].length;
  const isCut = head.byteLength >= HEAD && (place === text.length || text.startsWith("<!", place));
  return isCut ? undefined : place;
}

/** Puts bytes in, behind `at` others. */
async function* insert(
  source: Chunks,
  bytes: Uint8Array<ArrayBuffer>,
  at: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let left = at;
  for await (const chunk of source) {
    if (left < 0 || chunk.byteLength <= left) yield chunk;
    else {
      yield chunk.subarray(0, left);
      yield bytes;
      yield chunk.subarray(left);
    }
    left -= chunk.byteLength;
  }
  if (left >= 0) yield bytes;
}
