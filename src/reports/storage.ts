/**
 * Storage for the scripts of reports. In its sandbox a page has no origin to keep anything for, and
 * merely touching `localStorage` throws, which ends the script of a coverage.py report for instance.
 * So a page that a browser opens begins with a script that gives it a storage of its own, for as
 * long as the page is open. Whoever else asks gets the file as the archive had it.
 *
 * @module
 */
import { type ByteStream, peek } from "../http/streams.ts";
import script from "./storage.js" with { type: "text" };

const tag = new TextEncoder().encode(`<script>${script}</script>`);

/** Enough for what may stand before a page's first tag. */
const HEAD = 1024;

/** Whether a browser asks for a page to show, rather than a program for a file. */
export function opensPage(request: Request): boolean {
  return request.headers.get("accept")?.toLowerCase().includes("text/html") ?? false;
}

/** Adds storage to an answer that is a page, for a request that {@linkcode opensPage}. */
export async function withStorage(response: Response, isPage: boolean): Promise<Response> {
  if (!response.headers.get("content-type")?.startsWith("text/html")) return response;
  const headers = new Headers(response.headers);
  headers.append("vary", "accept");
  const { status } = response;
  if (!isPage || status !== 200) return new Response(response.body, { status, headers });
  headers.delete("content-length");
  if (!response.body) return new Response(null, { status, headers });
  const { head, stream } = await peek(response.body as ByteStream, HEAD);
  const place = placeIn(head);
  const body = place === undefined ? stream : stream.pipeThrough(insert(tag, place));
  return new Response(body, { status, headers });
}

/**
 * Where the script goes: behind the document type, since anything before that has a browser show the
 * page as pages were in 1998, and before everything else. Nowhere in UTF-16.
 */
function placeIn(head: Uint8Array): number | undefined {
  const text = String.fromCharCode(...head.subarray(0, HEAD));
  if (/^(\xff\xfe|\xfe\xff)/.test(text)) return undefined;
  return /^(?:\xef\xbb\xbf)?(?:\s+|<!--[^]*?-->|<\?[^>]*>)*(?:<!doctype[^>]*>)?/i.exec(text)![0]
    .length;
}

/** Puts bytes into a stream, `at` that many of its own. */
function insert(
  bytes: Uint8Array<ArrayBuffer>,
  at: number,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let left = at;
  return new TransformStream({
    transform(chunk, controller) {
      if (left < 0 || chunk.byteLength <= left) controller.enqueue(chunk);
      else {
        controller.enqueue(chunk.subarray(0, left));
        controller.enqueue(bytes);
        controller.enqueue(chunk.subarray(left));
      }
      left -= chunk.byteLength;
    },
    flush(controller) {
      if (left >= 0) controller.enqueue(bytes);
    },
  });
}
