import assert from "node:assert/strict";
import { HttpError } from "../../src/errors.ts";
import { Semaphore } from "../../src/http/semaphore.ts";

Deno.test("a client that leaves is removed from the queue", async () => {
  const semaphore = new Semaphore(1, "uploads");
  const first = await semaphore.acquire();
  const leaving = new AbortController();
  const left = semaphore.acquire(leaving.signal);
  const others = Array.from({ length: 24 }, () => semaphore.acquire());
  leaving.abort();
  const isGone = (error: unknown) => error instanceof HttpError && error.reason === "gone";
  await assert.rejects(left, isGone);
  await assert.rejects(semaphore.acquire(leaving.signal), isGone, "one that has left before");
  const last = semaphore.acquire(new AbortController().signal);
  first[Symbol.dispose]();
  for (const next of [...others, last]) (await next)[Symbol.dispose]();
});

Deno.test("one owner cannot take every slot or the whole queue", async () => {
  const semaphore = new Semaphore(2, "uploads");
  const slow = await semaphore.acquire(undefined, "acme/slow");
  const queued = Array.from({ length: 25 }, () => semaphore.acquire(undefined, "acme/slow"));
  await assert.rejects(semaphore.acquire(undefined, "acme/slow"), {
    message: "Too many uploads of acme/slow: 1 running, 25 queued. Retry later.",
  });
  const other = await semaphore.acquire(undefined, "acme/other");
  other[Symbol.dispose]();
  const another = await semaphore.acquire();
  slow[Symbol.dispose](); // hands its slot to the next of its kind
  for (const next of queued) (await next)[Symbol.dispose]();
  another[Symbol.dispose]();
  const both = await Promise.all([semaphore.acquire(), semaphore.acquire()]);
  for (const slot of both) slot[Symbol.dispose]();
});
