import assert from "node:assert/strict";
import { schedule } from "../../src/start.ts";

Deno.test("work runs at once and repeatedly until it is stopped, even if it throws", async () => {
  let turns = 0;
  const failures: unknown[] = [];
  const third = Promise.withResolvers<void>();
  const scheduled = schedule(
    () => {
      turns++;
      if (turns === 3) third.resolve();
      return turns === 1 ? Promise.reject(new Error("first")) : Promise.resolve();
    },
    0,
    (error) => failures.push(error),
  );
  await third.promise;
  await scheduled.stop();
  const after = turns;
  await new Promise((resolve) => setTimeout(resolve)); // a turn that is still due would come now
  assert.equal(turns, after);
  assert.deepEqual(failures.map(String), ["Error: first"]);
});

Deno.test("stop aborts the running work, waits for it and ignores its error", async () => {
  let ended = false;
  const failures: unknown[] = [];
  const scheduled = schedule(
    async (signal) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      ended = true;
      throw new Error("the database was closed");
    },
    0,
    (error) => failures.push(error),
  );
  await scheduled.stop();
  assert.equal(ended, true);
  assert.deepEqual(failures, []);
});
