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

Deno.test("a deadline does not affect work that is done in time", async () => {
  using deadline = new Deadline(60, () => new Error("too late"));
  const bytes = new Blob(["all of it"]).stream() as ReadableStream<Uint8Array<ArrayBuffer>>;
  assert.equal(await new Response(deadline.stream(bytes)).text(), "all of it");
  assert.equal(await deadline.race(Promise.resolve(7)), 7);
});
