/**
 * Ways to deliver the same bytes.
 *
 * @module
 */
import type { Bytes } from "./mutation.ts";
import type { Random } from "./random.ts";

/** Cuts bytes into chunks: of one byte each, of one odd size, of random sizes, with empty ones. */
export function randomChunks(bytes: Bytes, random: Random): Bytes[] {
  // One byte each takes a microtask each; a large input has other sizes only.
  const ways = bytes.byteLength <= 4096 ? 4 : 3;
  const way = random.below(ways);
  const odd = random.pick([3, 7, 61, 511, 513, 1023, 1025, 4095]);
  const least = Math.max(1, Math.floor(bytes.byteLength / 500));
  const chunks: Bytes[] = [];
  for (let at = 0; at < bytes.byteLength;) {
    const size = way === 3 ? 1 : way === 0 ? Math.max(odd, least) : least + random.length(8192);
    chunks.push(bytes.slice(at, at + size));
    if (way === 2 && random.oneIn(5)) chunks.push(new Uint8Array(0));
    at += size;
  }
  return chunks;
}

/** A stream of chunks that ends, or fails, or never comes to an end. */
export function streamOf(
  chunks: readonly Bytes[],
  end: "closes" | "fails" | "stalls" = "closes",
): ReadableStream<Bytes> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      const chunk = chunks[at++];
      if (chunk) controller.enqueue(chunk);
      else if (end === "closes") controller.close();
      else if (end === "fails") controller.error(new Error("The sender has gone away"));
      else return new Promise(() => {});
    },
  }, { highWaterMark: 0 });
}
