/**
 * Lets a client that has an answer already ask whether it is still the same.
 *
 * @module
 */
import type { Handler } from "./router.ts";
import { inPieces } from "./byte_stream.ts";

/**
 * The handler, its successful answers tagged with a digest of their content; who knows that tag is
 * answered 304. It spares the way to the client, not the work. Content is held in memory.
 */
export function revalidated(handler: Handler): Handler {
  return async (request, context) => {
    const response = await handler(request, context);
    if (response.status !== 200) return response;
    const content = await response.bytes();
    // Weak from the start, as Deno makes it where it compresses: the same in an answer, compressed or
    // not, and in the 304 that stands for it.
    const etag = `W/"${await digest(content)}"`;
    const headers = new Headers(response.headers);
    headers.set("etag", etag);
    if (!knows(request.headers, etag)) {
      headers.set("content-length", String(content.byteLength));
      return new Response(inPieces(content), { headers });
    }
    headers.delete("content-type");
    return new Response(null, { status: 304, headers });
  };
}

/**
 * Whether `If-None-Match` has the tag. It is weakly compared (RFC 9110, 13.1.2), since a proxy may
 * have made a weak tag of a strong one.
 */
export function knows(headers: Headers, etag: string): boolean {
  const opaque = (tag: string) => tag.trim().replace(/^W\//, "");
  const known = headers.get("if-none-match")?.split(",").map(opaque) ?? [];
  return known.includes(opaque(etag)) || known.includes("*");
}

async function digest(content: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", content);
  return new Uint8Array(hash).toHex().slice(0, 32);
}
