/** More than GitHub says to a request of ours, and than an issuer has keys. */
const MAX_ANSWER_BYTES = 256 * 1024;

/**
 * Fetches an answer whole; one with a larger body counts as one without. What a GitHub or an issuer
 * answers, or a proxy in its place, must not fill the memory. The bound is counted after decompression.
 */
export async function fetchBounded(url: string, init: RequestInit): Promise<Response> {
  const { body, status, headers } = await fetch(url, init);
  const whole = body && await readBounded(body);
  return new Response(whole, { status, headers });
}

async function readBounded(body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Blob | null> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) return null;
    chunks.push(chunk);
  }
  return new Blob(chunks);
}
