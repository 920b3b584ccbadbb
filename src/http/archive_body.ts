/**
 * The archive in a request's body, whichever way it was sent.
 *
 * @module
 */
import { HttpError, quote, unprocessable } from "../errors.ts";
import { bodyStream, bodyTooLarge } from "./body.ts";
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

/** How the body of a request holds the archive. */
export type BodyKind = "multipart" | "raw";

/**
 * Looks at the headers only: throws 415 for a media type that is not taken, 400 for multipart
 * without a boundary, 413 for a `Content-Length` over `maxUploadBytes`.
 */
export function checkBody(request: Request, maxUploadBytes: number): BodyKind {
  const contentType = request.headers.get("content-type") ?? "";
  const type = contentType.split(";")[0]!.trim().toLowerCase();
  if (type !== "multipart/form-data" && !RAW.has(type)) {
    throw new HttpError(
      415,
      `The Content-Type is ${quote(type)}; allowed are multipart/form-data with a file part ` +
        "(curl --form file=@report.tar.gz), and application/gzip, application/x-gzip, " +
        "application/x-tar or application/octet-stream with the archive as the body.",
    );
  }
  if (type === "multipart/form-data" && !/;\s*boundary=/i.test(contentType)) {
    throw new HttpError(
      400,
      "The Content-Type multipart/form-data has no boundary; curl --form adds one.",
    );
  }
  const length = Number(request.headers.get("content-length") ?? 0);
  if (length > maxUploadBytes) throw bodyTooLarge(`${length} bytes`, maxUploadBytes);
  return type === "multipart/form-data" ? "multipart" : "raw";
}

/**
 * Reads a multipart body whole. Throws 400 where it is not what its Content-Type says, or ends early,
 * and otherwise like {@linkcode bodyStream}.
 */
export async function readForm(
  request: Request,
  maxUploadBytes: number,
  signal: AbortSignal,
): Promise<FormData> {
  try {
    // A length that was announced was checked, and HTTP holds the client to it. Counting the bytes
    // here as well would have the runtime hold them once more: measured, a whole body.
    if (request.headers.has("content-length")) {
      return await Promise.race([request.formData(), aborted(signal)]);
    }
    const body = bodyStream(request, maxUploadBytes, signal);
    const headers = { "content-type": request.headers.get("content-type")! };
    return await new Response(body, { headers }).formData();
  } catch (error) {
    if (error instanceof HttpError) throw error;
    throw new HttpError(
      400,
      "The body is not the multipart/form-data that its Content-Type says, or ended early.",
      { cause: error, ...(error instanceof Deno.errors.BadResource ? { reason: "gone" } : {}) },
    );
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}

/** The one `file` part of a form; throws 422 for none, for several, and for a text field. */
export function filePart(form: FormData): ByteStream {
  const parts = form.getAll("file");
  const [file] = parts;
  if (parts.length === 1 && file instanceof File) return piecewise(file);
  const actual = parts.length === 0
    ? "is missing"
    : parts.length > 1
    ? `was sent ${parts.length} times`
    : "is a text field";
  throw unprocessable({
    file: `The part file ${actual}; it must be one file, --form file=@report.tar.gz.`,
  });
}

/** The file's bytes in pieces; its own stream would hold all of them a second time. */
function piecewise(file: File): ByteStream {
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      if (at >= file.size) return controller.close();
      const piece = file.slice(at, at += FILE_PIECE);
      controller.enqueue(new Uint8Array(await piece.arrayBuffer()));
    },
  }, { highWaterMark: 0 });
}
