/**
 * The headers of answers that clients may rely on.
 *
 * @module
 */
import type { HeaderName } from "./operation.ts";

/** What each means, and how it looks. */
export const headers: Readonly<Record<HeaderName, { description: string; schema: object }>> = {
  "Accept-Ranges": {
    description: "Parts of the file can be asked for by `Range`.",
    schema: { type: "string", const: "bytes" },
  },
  Allow: {
    description: "The methods that are possible there.",
    schema: { type: "string", pattern: "^[A-Z]+(, [A-Z]+)*$" },
  },
  "Content-Range": {
    description: "Which bytes the answer has, and of how many.",
    schema: { type: "string", pattern: "^bytes (\\d+-\\d+|\\*)/\\d+$" },
  },
  ETag: {
    description: "Stands for the content: send it as `If-None-Match`.",
    schema: { type: "string", pattern: '^(W/)?"[^"]*"$' },
  },
  "Last-Modified": {
    description: "When the content was stored.",
    schema: { type: "string", pattern: " GMT$" },
  },
  Location: {
    description: "Where to go on.",
    schema: { type: "string", format: "uri-reference" },
  },
  "Retry-After": {
    description: "Seconds after which to try again.",
    schema: { type: "string", pattern: "^[1-9]\\d*$" },
  },
  "WWW-Authenticate": {
    description: "How to send a credential.",
    schema: { type: "string", const: "Bearer" },
  },
  "X-Request-Id": {
    description: "Stands for the request in the server's log. A request may bring its own.",
    schema: { type: "string", minLength: 1 },
  },
};
