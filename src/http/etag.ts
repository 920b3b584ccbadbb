/** Entity tags: a client that already has an answer gets a 304 while it is still the same. */
import { createHash } from "node:crypto";
import { inPieces } from "./byte_stream.ts";

export interface Tagged {
  readonly content: Uint8Array<ArrayBuffer>;
  readonly etag: string;
}

const encoder = new TextEncoder();

/** Tags a text, once for as many answers as have it. */
export function tagged(text: string): Tagged {
  const content = encoder.encode(text);
  const digest = createHash("sha256").update(content).digest("hex").slice(0, 32);
  // Weak, because Deno may compress the body: the same tag then stands for either form.
  return { content, etag: `W/"${digest}"` };
}

/**
 * The answer whose body is `body`, or 304 where the request has its tag. It saves sending the answer,
 * not making it.
 */
export function etagged(
  request: Request,
  body: string | Tagged,
  headers: Readonly<Record<string, string>>,
): Response {
  const { content, etag } = typeof body === "string" ? tagged(body) : body;
  if (matches(request.headers, etag)) {
    const { "content-type": _, ...others } = headers;
    return new Response(null, { status: 304, headers: { ...others, etag } });
  }
  return new Response(inPieces(content), {
    headers: { ...headers, etag, "content-length": String(content.byteLength) },
  });
}

/** {@linkcode etagged} of a value as JSON. */
export function etaggedJson(
  request: Request,
  value: unknown,
  headers: Readonly<Record<string, string>>,
): Response {
  return etagged(request, JSON.stringify(value), {
    ...headers,
    "content-type": "application/json",
  });
}

/** Whether `If-None-Match` has the tag, compared weakly (RFC 9110, 13.1.2). */
function matches(headers: Headers, etag: string): boolean {
  const opaque = (tag: string) => tag.trim().replace(/^W\//, "");
  const known = headers.get("if-none-match")?.split(",").map(opaque) ?? [];
  return known.includes(opaque(etag)) || known.includes("*");
}
