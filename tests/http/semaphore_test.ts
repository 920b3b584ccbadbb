import assert from "node:assert/strict";
import { HttpError } from "../../src/errors.ts";
import { Slots } from "../../src/http/semaphore.ts";

Deno.test("Slots gives places out in turn", async () => {
  const slots = new Slots(1, "uploads");
  const order: number[] = [];
  const work = async (number: number) => {
    using _slot = await slots.take();
    order.push(number);
    await Promise.resolve();
    order.push(number);
  };
  await Promise.all([1, 2, 3].map(work));
  assert.deepEqual(order, [1, 1, 2, 2, 3, 3]);
});

Deno.test("Slots refuses with 429 when too many wait, and takes again afterwards", async () => {
  const slots = new Slots(1, "uploads");
  const first = await slots.take();
  const waiting = Array.from({ length: 25 }, () => slots.take());
  await assert.rejects(slots.take(), (error) => {
    assert(error instanceof HttpError);
    assert.equal(error.status, 429);
    assert(error.headers["retry-after"]);
    return true;
  });
  first[Symbol.dispose]();
  for (const next of waiting) (await next)[Symbol.dispose]();
  (await slots.take())[Symbol.dispose]();
});
