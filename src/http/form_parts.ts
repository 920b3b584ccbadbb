/** How many parts a form may have. */
import { Buffer } from "node:buffer";
import { HttpError } from "../errors.ts";
import type { ByteStream } from "./byte_stream.ts";

/**
 * More than the fields of an upload with a hundred coverage files. `formData` makes an object of each
 * part, at once: 1.6 million empty ones in 100 MB held up every other answer for 9 seconds.
 */
export const MAX_FORM_PARTS = 128;

/** The boundary that a multipart Content-Type names (RFC 2046, 5.1.1); undefined where it has none. */
export function boundaryOf(contentType: string): string | undefined {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]*)"|([^\s;]*))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain ?? "";
  return /^[\w'()+,./:=? -]{1,70}$/.test(boundary) ? boundary : undefined;
}

/** The same bytes; fails with 413 at the part that is one too many. */
export function limitedParts(body: ByteStream, boundary: string): ByteStream {
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
