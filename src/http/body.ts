/** Reads a request's body: limited in size, time and speed, and failing with the sentence for the client. */
import { HttpError, unprocessable } from "../errors.ts";
import type { ByteStream } from "./byte_stream.ts";

export interface BodyLimits {
  readonly maxBytes: number;
  readonly seconds: number;
  /** Ends the reading with its reason, an `HttpError`. */
  readonly signal?: AbortSignal;
}

/**
 * The least average speed. An upload holds one of few places until it has arrived, and who holds one
 * for the ten minutes that a body may take must send 10 MB for it. The slowest lines that CI runs on
 * have ten times as much.
 */
const LEAST_BYTES_PER_SECOND = 16 * 1024;
/** The part of the time in which a body may be slower. */
const GRACE = 1 / 20;

/**
 * The body. Reading it fails with 413 past `maxBytes`, with 408 after `seconds` or when it comes too
 * slowly, and with 400 when the client stops before the end.
 */
export function readBody(
  request: Request,
  { maxBytes, seconds, signal }: BodyLimits,
): ByteStream {
  if (!request.body) throw unprocessable("The request has no body.");
  const reader = (request.body as ByteStream).getReader();
  const graceMs = seconds * 1000 * GRACE;
  // Only the time spent waiting for the client counts as slow.
  let bytes = 0, waitedMs = 0, waitingSince: number | undefined, isOver = false;
  let fail: (error: unknown) => void;
  const onAbort = () => fail(signal!.reason);
  const timer = setTimeout(
    () => fail(new HttpError(408, `The body did not arrive within ${seconds} seconds.`)),
    seconds * 1000,
  );
  const pace = setInterval(() => {
    const ms = waitedMs + (waitingSince === undefined ? 0 : performance.now() - waitingSince);
    if (ms >= graceMs && bytes < ms / 1000 * LEAST_BYTES_PER_SECOND) fail(tooSlow(bytes, ms));
  }, Math.min(graceMs, 1000));
  const end = () => {
    isOver = true;
    clearTimeout(timer);
    clearInterval(pace);
    signal?.removeEventListener("abort", onAbort);
  };
  return new ReadableStream({
    start(controller) {
      fail = (error) => {
        end();
        controller.error(error);
        reader.cancel(error).catch(() => {}); // also ends a read that is pending
      };
      if (signal?.aborted) onAbort();
      else signal?.addEventListener("abort", onAbort);
    },
    async pull(controller) {
      waitingSince = performance.now();
      try {
        const { done, value } = await reader.read();
        waitedMs += performance.now() - waitingSince;
        waitingSince = undefined;
        if (isOver) return;
        if (done) {
          end();
          controller.close();
        } else if ((bytes += value.byteLength) > maxBytes) {
          fail(tooLarge(`more than ${maxBytes}`, maxBytes));
        } else {
          controller.enqueue(value);
        }
      } catch (cause) {
        fail(
          new HttpError(400, "The body ended before it was complete.", { cause, reason: "gone" }),
        );
      }
    },
    cancel(reason) {
      end();
      return reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

export function tooLarge(actual: string, allowed: number): HttpError {
  return new HttpError(413, `The body has ${actual} bytes; at most ${allowed} are allowed.`);
}

function tooSlow(bytes: number, ms: number): HttpError {
  return new HttpError(
    408,
    `The body arrived too slowly, ${bytes} bytes in ${(ms / 1000).toFixed(1)} seconds; at least ` +
      `${LEAST_BYTES_PER_SECOND} a second are needed.`,
  );
}

/** A time limit for work that has several steps. Dispose it when the work is done. */
export class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #passed = Promise.withResolvers<never>();
  /** Aborts after `seconds`, with `tooLate`. */
  readonly signal = this.#controller.signal;

  constructor(seconds: number, tooLate: () => Error) {
    this.#passed.promise.catch(() => {}); // nothing may be waiting when it passes
    this.#timer = setTimeout(() => {
      const error = tooLate();
      this.#controller.abort(error);
      this.#passed.reject(error);
    }, seconds * 1000);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  /** The result of the work, which goes on unseen when the time is over. */
  async race<T>(work: Promise<T>): Promise<T> {
    return await Promise.race([work, this.#passed.promise]);
  }
}
