import assert from "node:assert/strict";
import { schedule } from "../../src/reports/schedule.ts";

Deno.test("work is done at once and again, whatever it throws, until it is stopped", async () => {
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

Deno.test("stopping asks what is under way to hurry, waits for it, and takes no complaint", async () => {
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
