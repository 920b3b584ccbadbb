/** Bodies that are forms, and those that may be something else in their place. */
import { Buffer } from "node:buffer";
import { HttpError, quote, unprocessable } from "../errors.ts";
import { type BodyLimits, readBody, tooLarge } from "./body.ts";
import type { ByteStream } from "./byte_stream.ts";

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

/**
 * Bytes of a form that has fields alone. Parsing it takes a hundred times as long as parsing JSON, and
 * nothing else runs.
 */
const MAX_FIELDS_BYTES = 128 * 1024;

/**
 * Whether the body is a form or the archive itself, by the headers alone; `empty` is a form without a
 * boundary or a body. Throws 415 for another media type, and 413 for a `Content-Length` over
 * `maxBytes`.
 */
export function archiveBodyKind(request: Request, maxBytes: number): "form" | "raw" | "empty" {
  const type = mediaTypeOf(request);
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

function mediaTypeOf({ headers }: Request): string {
  return (headers.get("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
}

/** Whether a form has no boundary or no body, and so no parts. */
function isEmptyForm(request: Request): boolean {
  return !request.body || boundaryOf(request) === undefined;
}

/**
 * Reads a form whole. Throws 400 where it is none, 413 where it has too many parts, and otherwise like
 * {@linkcode readBody}.
 */
export async function readForm(request: Request, limits: BodyLimits): Promise<FormData> {
  const boundary = boundaryOf(request) ?? "";
  const body = ReadableStream.from(limitedParts(readBody(request, limits), boundary));
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
function boundaryOf({ headers }: Request): string | undefined {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]*)"|([^\s;]*))/i
    .exec(headers.get("content-type") ?? "") ?? [];
  const boundary = quoted ?? plain ?? "";
  return /^[\w'()+,./:=? -]{1,70}$/.test(boundary) ? boundary : undefined;
}

/** The same bytes; fails with 413 at the part that is one too many. */
async function* limitedParts(
  body: ByteStream,
  boundary: string,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const delimiter = Buffer.from(`--${boundary}`);
  let tail = Buffer.alloc(0);
  let left = MAX_FORM_PARTS + 1; // the last one ends the form
  for await (const chunk of body) {
    const bytes = Buffer.concat([tail, chunk]);
    let at = 0;
    for (let found; (found = bytes.indexOf(delimiter, at)) >= 0;) {
      if (left-- === 0) throw new HttpError(413, `The form has more than ${MAX_FORM_PARTS} parts.`);
      at = found + delimiter.length;
    }
    tail = bytes.subarray(Math.max(at, bytes.length - delimiter.length + 1));
    yield chunk;
  }
}

/**
 * The one `file` part of a form, as long as the signal lets it be read. Throws 422 for none, for
 * several, and for a text field.
 */
export function filePart(form: FormData, signal: AbortSignal): ByteStream {
  const parts = form.getAll("file");
  const [file] = parts;
  if (parts.length === 1 && file instanceof File) {
    return ReadableStream.from(piecewise(file, signal));
  }
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
async function* piecewise(
  file: File,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < file.size; at += FILE_PIECE) {
    signal.throwIfAborted();
    yield new Uint8Array(await file.slice(at, at + FILE_PIECE).arrayBuffer());
  }
}

/**
 * The fields of JSON or of a form; in a form those in `lists` may be given several times. A body that
 * is missing has none. Throws 400 where it is not what its Content-Type says, and otherwise like
 * {@linkcode readBody}.
 */
export async function readFields(
  request: Request,
  limits: BodyLimits,
  lists: readonly string[],
): Promise<unknown> {
  const type = mediaTypeOf(request);
  const isMultipart = type === "multipart/form-data";
  if (!request.body || isMultipart && isEmptyForm(request)) return {};
  if (isMultipart) {
    const maxBytes = Math.min(limits.maxBytes, MAX_FIELDS_BYTES);
    const headers = { "content-type": request.headers.get("content-type")! };
    const body = new Response(readBody(request, { ...limits, maxBytes }), { headers });
    return fieldsOf(await parsed(() => body.formData(), type), lists);
  }
  const text = await new Response(readBody(request, limits)).text();
  // curl --data calls everything a form, and JSON is sent with it.
  const isForm = type === "application/x-www-form-urlencoded" && !/^\s*[[{]/.test(text);
  if (!isForm) return await parsed(() => JSON.parse(text), "JSON");
  if (text.length > MAX_FIELDS_BYTES) throw tooLarge(String(text.length), MAX_FIELDS_BYTES);
  return fieldsOf(new URLSearchParams(text), lists);
}

async function parsed<T>(parse: () => T | Promise<T>, type: string): Promise<T> {
  try {
    return await parse();
  } catch (error) {
    if (error instanceof HttpError) throw error;
    throw new HttpError(400, `The body is not ${type}.`, { cause: error });
  }
}

function fieldsOf(
  form: FormData | URLSearchParams,
  lists: readonly string[],
): Record<string, unknown> {
  const given = lists.filter((name) => form.has(name));
  return {
    ...Object.fromEntries(form),
    ...Object.fromEntries(given.map((name) => [name, form.getAll(name)])),
  };
}
