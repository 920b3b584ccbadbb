/**
 * What the pages of reports need in their sandbox. A sandboxed page has no origin, so that reading
 * `localStorage` throws, which ends the script of a coverage.py report for instance. A page that a
 * browser opens therefore begins with a script that gives it storage until it is closed. Every other
 * request gets the file from the archive, unchanged.
 */
import { type ByteStream, type Chunks, peek } from "../http/byte_stream.ts";
import script from "./sandbox.js" with { type: "text" };

const tag = new TextEncoder().encode(`<script>${script}</script>`);

/** Enough for what may stand before a page's content; beyond that the page is unchanged. */
const HEAD = 16 * 1024;

/**
 * Whether a browser opens a page, rather than a program, or a script in a page, asking for a file.
 * Browsers then accept both kinds of HTML; `Sec-Fetch-Dest` decides where it is sent.
 */
export function opensPage(request: Request): boolean {
  return opensTab(request) || isEmbedded(request);
}

/** Whether it opens as a page of its own, as far as the browser says. */
export function opensTab({ headers }: Request): boolean {
  const destination = headers.get("sec-fetch-dest");
  if (destination !== null) return destination === "document";
  return /^text\/html\b.*\bapplication\/xhtml\+xml\b/i.test(headers.get("accept") ?? "");
}

/** Whether another page shows it. */
export function isEmbedded({ headers }: Request): boolean {
  return /^(iframe|frame|embed|object)$/.test(headers.get("sec-fetch-dest") ?? "");
}

/** Adds the script to the answer that a page is. */
export async function withScript({ status, headers, body }: Response): Promise<Response> {
  const whole = new Headers(headers);
  // Of the file; and a newer server may add another script.
  for (const name of ["accept-ranges", "last-modified"]) whole.delete(name);
  const { head, all } = await peek(body as ByteStream, HEAD);
  const place = placeIn(head);
  const length = headers.get("content-length");
  if (place !== undefined && length !== null) {
    whole.set("content-length", String(Number(length) + tag.byteLength));
  }
  const bytes = place === undefined ? all : insert(all, tag, place);
  return new Response(ReadableStream.from(bytes), { status, headers: whole });
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
