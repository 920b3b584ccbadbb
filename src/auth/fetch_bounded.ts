import { LimitedBytesTransformStream } from "@std/streams";

/** More than GitHub says to a request of ours, and than an issuer has keys. */
const MAX_ANSWER_BYTES = 256 * 1024;

/**
 * Fetches an answer whole; one with a larger body counts as one without. What a GitHub or an issuer
 * answers, or a proxy in its place, must not fill the memory. The bound is counted after decompression.
 */
export async function fetchBounded(url: string, init: RequestInit): Promise<Response> {
  const { body, status, headers } = await fetch(url, init);
  const limited = body?.pipeThrough(
    new LimitedBytesTransformStream(MAX_ANSWER_BYTES, { error: true }),
  );
  const whole = limited && await new Response(limited).bytes().catch((error) => {
    if (error instanceof RangeError) return null;
    throw error;
  });
  return new Response(whole ?? null, { status, headers });
}
