/**
 * Reading a request's body: capped, in time, and failing with what the client is to be told.
 *
 * @module
 */
import { HttpError, unprocessable } from "../errors.ts";
import { type ByteStream, capped } from "./byte_stream.ts";

/**
 * The body's bytes. Reading them fails with 413 past `maxBytes`, with the signal's reason when
 * it is aborted, and with 400 when the client stops before the end.
 */
export function bodyStream(
  request: Request,
  maxBytes: number,
  signal: AbortSignal,
): ByteStream {
  const body = request.body as ByteStream | null;
  if (!body) throw unprocessable("The request has no body.");
  return capped(body, maxBytes, {
    tooMany: () => bodyTooLarge(`more than ${maxBytes} bytes`, maxBytes),
    failed: (cause) =>
      cause instanceof HttpError
        ? cause
        : new HttpError(400, "The body ended before it was complete.", { cause, reason: "gone" }),
    signal,
  });
}

/** 413, with what was sent and what is allowed. */
export function bodyTooLarge(actual: string, allowed: number): HttpError {
  return new HttpError(413, `The body has ${actual}; at most ${allowed} are allowed.`);
}

/** Ends a request whose body takes too long, so that slow clients cannot hold what others need. */
export class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout>;

  /** Aborts its signal after so many seconds, unless it is disposed before. */
  constructor(seconds: number) {
    this.#timer = setTimeout(() => {
      this.#controller.abort(
        new HttpError(
          408,
          `The body did not arrive within ${seconds} seconds, which is all that is allowed.`,
        ),
      );
    }, seconds * 1000);
  }

  /** Its reason is the 408. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The body is there. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
