import { type ByteStream, capped } from "../http/byte_stream.ts";

/** More than GitHub says to a request of ours, and than an issuer has keys. */
const MAX_ANSWER_BYTES = 256 * 1024;

/**
 * Fetches an answer whole; one with a larger body counts as one without. What a GitHub or an issuer
 * answers, or a proxy in its place, must not fill the memory. The bound is counted after decompression.
 */
export async function fetchBounded(url: string, init: RequestInit): Promise<Response> {
  const { body, status, headers } = await fetch(url, init);
  const tooLarge = new Error("The answer is too large");
  const whole = body && await new Response(capped(body as ByteStream, MAX_ANSWER_BYTES, {
    tooLarge: () => tooLarge,
    failed: (cause) => cause as Error,
  })).bytes().catch((error) => {
    if (error === tooLarge) return null;
    throw error;
  });
  return new Response(whole, { status, headers });
}
