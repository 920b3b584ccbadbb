import assert from "node:assert/strict";
import { Deadline } from "../../src/http/deadline.ts";

Deno.test("a deadline aborts reading and waiting, and cancels the source", async () => {
  using deadline = new Deadline(0.01, () => new Error("too late"));
  const ended = Promise.withResolvers<unknown>();
  const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({ cancel: ended.resolve });
  const reading = new Response(deadline.stream(endless)).bytes();
  await assert.rejects(Promise.all([reading, deadline.race(new Promise(() => {}))]), {
    message: "too late",
  });
  await assert.rejects(reading, { message: "too late" });
  assert.equal((await ended.promise as Error).message, "too late");
});
