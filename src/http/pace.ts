/** A least speed for what clients send. */
import { HttpError } from "../errors.ts";
import type { ByteStream } from "./byte_stream.ts";

/**
 * Bytes a second. An upload holds one of few places until it has arrived, and who holds one for the
 * ten minutes that a body may take must send 10 MB for it. The slowest lines that CI runs on have ten
 * times as much.
 */
export const LEAST_BYTES_PER_SECOND = 16 * 1024;

/**
 * The same bytes; `tooSlow` gets a 408 once their average is below the least speed. Only the time
 * spent waiting for the client counts, and the first `graceMs` of it are free.
 */
export function paced(
  body: ByteStream,
  { graceMs, tooSlow }: { graceMs: number; tooSlow: (error: HttpError) => void },
): ByteStream {
  const reader = body.getReader();
  let bytes = 0, waitedMs = 0, waitingSince: number | undefined;
  const timer = setInterval(() => {
    const now = performance.now();
    const ms = waitedMs + (waitingSince === undefined ? 0 : now - waitingSince);
    if (ms < graceMs || bytes >= ms / 1000 * LEAST_BYTES_PER_SECOND) return;
    clearInterval(timer);
    tooSlow(
      new HttpError(
        408,
        `The body arrived too slowly, ${bytes} bytes in ${(ms / 1000).toFixed(1)} seconds; at ` +
          `least ${LEAST_BYTES_PER_SECOND} a second are needed.`,
      ),
    );
  }, Math.min(graceMs, 1000));
  return new ReadableStream({
    async pull(controller) {
      waitingSince = performance.now();
      try {
        const { done, value } = await reader.read();
        if (!done) {
          bytes += value.byteLength;
          return controller.enqueue(value);
        }
        clearInterval(timer);
        controller.close();
      } catch (error) {
        clearInterval(timer);
        controller.error(error);
      } finally {
        waitedMs += performance.now() - waitingSince;
        waitingSince = undefined;
      }
    },
    cancel(reason) {
      clearInterval(timer);
      return reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}
