import assert from "node:assert/strict";
import { LimitedBytesTransformStream } from "@std/streams";

function limited(size: number, options?: { error: boolean }): Promise<Uint8Array[]> {
  const chunks = [1, 2, 3].map((byte) => new Uint8Array(3).fill(byte));
  return Array.fromAsync(
    ReadableStream.from(chunks).pipeThrough(new LimitedBytesTransformStream(size, options)),
  );
}

Deno.test("LimitedBytesTransformStream passes whole chunks up to its size", async () => {
  assert.equal((await limited(9)).length, 3);
  assert.equal((await limited(8)).length, 2);
});

Deno.test("LimitedBytesTransformStream fails with a RangeError if `error` is set", async () => {
  assert.equal((await limited(9, { error: true })).length, 3);
  await assert.rejects(limited(8, { error: true }), RangeError);
});
