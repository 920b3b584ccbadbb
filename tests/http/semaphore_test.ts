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
  await assert.rejects(left, (error) => error instanceof HttpError && error.reason === "gone");
  const last = semaphore.acquire(new AbortController().signal);
  first[Symbol.dispose]();
  for (const next of [...others, last]) (await next)[Symbol.dispose]();
});
