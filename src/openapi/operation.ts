/**
 * What is said of a route, in terms of the schemas it checks by.
 *
 * @module
 */
import type { z } from "zod";

/** Headers that are part of the contract; what they mean is in `headers.ts`. */
export type HeaderName =
  | "Accept-Ranges"
  | "Allow"
  | "Content-Range"
  | "ETag"
  | "Last-Modified"
  | "Location"
  | "Retry-After"
  | "WWW-Authenticate"
  | "X-Request-Id";

/**
 * Bodies by their media type; those without a schema are bytes.
 *
 * @internal
 */
export type Content = Readonly<Record<string, z.ZodType | undefined>>;

/** An answer. */
export interface Answer {
  /** When it is given. */
  readonly description: string;
  /** The headers that it always has, beside that of every answer. */
  readonly headers?: readonly HeaderName[];
  /** The headers that it may have. */
  readonly optionalHeaders?: readonly HeaderName[];
  /** Its body; none: it has no body. */
  readonly content?: Content;
}

/**
 * A route, as clients are told of it.
 *
 * @internal
 */
export interface Operation {
  /** The HTTP method. */
  readonly method: "GET" | "POST" | "PUT";
  /** The path, as the route table has it. */
  readonly path: string;
  /** Its name for programs. */
  readonly id: string;
  /** The group it is shown in. */
  readonly tag: "Coverage" | "Reports" | "Server";
  /** What it is for, in a few words. */
  readonly summary: string;
  /** More about it, in Markdown. */
  readonly description?: string;
  /** The schemas of the names in the path, a `*` being `path`. */
  readonly pathFields?: z.ZodObject;
  /** The schema of its query. */
  readonly query?: z.ZodObject;
  /** The header fields that change the answer, with what each is for. */
  readonly requestHeaders?: Readonly<Record<string, string>>;
  /** What it takes as a body. */
  readonly body?: { readonly description: string; readonly content: Content };
  /** Whether it asks for a credential. */
  readonly needsCredential?: boolean;
  /** Its answers by status, but for those that every route has. */
  readonly answers: Readonly<Record<number, Answer>>;
}
