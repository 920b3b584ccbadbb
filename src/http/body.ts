/**
 * Reads a request's body: capped, within a time limit, and failing with the sentence for the client.
 */
import { Buffer } from "node:buffer";
import { HttpError, quote, unprocessable } from "../errors.ts";
import { type ByteStream, capped } from "./byte_stream.ts";
import { paced } from "./pace.ts";

/** Media types whose body is the archive itself; none at all is what `curl -T` sends. */
const RAW = new Set([
  "application/gzip",
  "application/x-gzip",
  "application/x-tar",
  "application/octet-stream",
  "",
]);

/** Bytes of a form's file that are read at a time. */
const FILE_PIECE = 64 * 1024;

/**
 * More than the fields of an upload with a hundred coverage files. `formData` makes an object of each
 * part, at once: 1.6 million empty ones in 100 MB held up every other answer for 9 seconds.
 */
const MAX_FORM_PARTS = 128;

export interface BodyLimits {
  readonly maxBytes: number;
  readonly seconds: number;
  /** Ends the reading with its reason, an `HttpError`. */
  readonly signal?: AbortSignal;
}

/** The part of the time after which a body must have come at a least speed. */
const GRACE = 1 / 20;

/**
 * The body. Reading it fails with 413 past `maxBytes`, with 408 after `seconds` or when it comes too
 * slowly, and with 400 when the client stops before the end.
 */
export function readBody(
  request: Request,
  { maxBytes, seconds, signal: given }: BodyLimits,
): ByteStream {
  if (!request.body) throw unprocessable("The request has no body.");
  const deadline = new AbortController();
  const timer = setTimeout(
    () => deadline.abort(new HttpError(408, `The body did not arrive within ${seconds} seconds.`)),
    seconds * 1000,
  );
  const signal = given ? AbortSignal.any([given, deadline.signal]) : deadline.signal;
  const body = paced(request.body as ByteStream, {
    graceMs: seconds * 1000 * GRACE,
    tooSlow: (error) => deadline.abort(error),
  });
  return capped(body, maxBytes, {
    signal,
    ended: () => clearTimeout(timer),
    tooLarge: () => tooLarge(`more than ${maxBytes}`, maxBytes),
    failed: (cause) =>
      signal.aborted
        ? signal.reason
        : new HttpError(400, "The body ended before it was complete.", { cause, reason: "gone" }),
  });
}

export function tooLarge(actual: string, allowed: number): HttpError {
  return new HttpError(413, `The body has ${actual} bytes; at most ${allowed} are allowed.`);
}

/**
 * Whether the body is a form or the archive itself, by the headers alone; `empty` is a form without a
 * boundary or a body. Throws 415 for another media type, and 413 for a `Content-Length` over
 * `maxBytes`.
 */
export function archiveBodyKind(request: Request, maxBytes: number): "form" | "raw" | "empty" {
  const contentType = request.headers.get("content-type") ?? "";
  const type = contentType.split(";")[0]!.trim().toLowerCase();
  const isForm = type === "multipart/form-data";
  if (!isForm && !RAW.has(type)) {
    throw new HttpError(
      415,
      `The Content-Type is ${quote(type)}; it must be multipart/form-data with a file part ` +
        "(curl --form file=@report.tar.gz), or application/gzip, application/x-gzip, " +
        "application/x-tar or application/octet-stream with the archive as the body.",
    );
  }
  if (isForm && isEmptyForm(request)) return "empty";
  const length = Number(request.headers.get("content-length") ?? 0);
  if (length > maxBytes) throw tooLarge(String(length), maxBytes);
  return isForm ? "form" : "raw";
}

/** Whether a form has no boundary or no body, and so no parts. */
export function isEmptyForm(request: Request): boolean {
  return !request.body || boundaryOf(request.headers.get("content-type") ?? "") === undefined;
}

/**
 * Reads a form whole. Throws 400 where it is none, 413 where it has too many parts, and otherwise like
 * {@linkcode readBody}.
 */
export async function readForm(request: Request, limits: BodyLimits): Promise<FormData> {
  const boundary = boundaryOf(request.headers.get("content-type") ?? "") ?? "";
  const body = limitedParts(readBody(request, limits), boundary);
  // What was counted by is what the form is cut by.
  const headers = { "content-type": `multipart/form-data; boundary="${boundary}"` };
  try {
    return await new Response(body, { headers }).formData();
  } catch (error) {
    if (error instanceof HttpError) throw error;
    throw new HttpError(
      400,
      "The body is not the multipart/form-data that its Content-Type says, or ended early.",
      { cause: error },
    );
  }
}

/** The boundary that a multipart Content-Type names (RFC 2046, 5.1.1); undefined where it has none. */
function boundaryOf(contentType: string): string | undefined {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]*)"|([^\s;]*))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain ?? "";
  return /^[\w'()+,./:=? -]{1,70}$/.test(boundary) ? boundary : undefined;
}

/** The same bytes; fails with 413 at the part that is one too many. */
function limitedParts(body: ByteStream, boundary: string): ByteStream {
  const delimiter = Buffer.from(`--${boundary}`);
  let tail = Buffer.alloc(0);
  let left = MAX_FORM_PARTS + 1; // the last one ends the form
  return body.pipeThrough(
    new TransformStream({
      transform(chunk, controller) {
        const bytes = Buffer.concat([tail, chunk]);
        let at = 0;
        for (let found; (found = bytes.indexOf(delimiter, at)) >= 0;) {
          if (left-- === 0) {
            throw new HttpError(413, `The form has more than ${MAX_FORM_PARTS} parts.`);
          }
          at = found + delimiter.length;
        }
        tail = bytes.subarray(Math.max(at, bytes.length - delimiter.length + 1));
        controller.enqueue(chunk);
      },
    }),
  );
}

/** The one `file` part of a form. Throws 422 for none, for several, and for a text field. */
export function filePart(form: FormData): ByteStream {
  const parts = form.getAll("file");
  const [file] = parts;
  if (parts.length === 1 && file instanceof File) return ReadableStream.from(piecewise(file));
  const actual = parts.length === 0
    ? "is missing"
    : parts.length > 1
    ? `was sent ${parts.length} times`
    : "is a text field, because it has no filename (filename* alone does not count)";
  throw unprocessable({
    file: `The part file ${actual}; it must be one file: --form file=@report.tar.gz.`,
  });
}

/** The file's bytes in pieces; its own stream would hold all of them a second time. */
async function* piecewise(file: File): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < file.size; at += FILE_PIECE) {
    yield new Uint8Array(await file.slice(at, at + FILE_PIECE).arrayBuffer());
  }
}
