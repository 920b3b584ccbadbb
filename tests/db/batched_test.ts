import assert from "node:assert/strict";
import { batched, createFindActiveRows, createFindPercentage } from "../../src/db/batched.ts";
import { findActive } from "../../src/db/coverages.ts";
import { testDatabase } from "../support/database.ts";
import { seed } from "../support/seed.ts";

Deno.test("look-ups of one turn go together, at most 20, and each gets its own answer", async () => {
  const batches: number[] = [];
  const find = batched((numbers: readonly number[]) => {
    batches.push(numbers.length);
    return Promise.resolve(numbers.map((number) => 2 * number));
  });
  const numbers = Array.from({ length: 45 }, (_, number) => number);
  const found = await Promise.all(numbers.map(find));
  assert.deepEqual(found, numbers.map((number) => 2 * number));
  assert.deepEqual(batches, [20, 20, 5]);
  assert.equal(await find(7), 14);
  assert.deepEqual(batches.slice(3), [1], "nothing is kept for later");
});

Deno.test("a failure is everybody's who asked together, and of nobody after", async () => {
  let fails = true;
  const find = batched((asked: readonly string[]) =>
    fails ? Promise.reject(new Error("away")) : Promise.resolve(asked)
  );
  const outcomes = await Promise.allSettled(["a", "b"].map(find));
  assert.deepEqual(outcomes.map(({ status }) => status), ["rejected", "rejected"]);
  fails = false;
  assert.equal(await find("c"), "c");
});

Deno.test("badges and lists that are asked for together are those of their own repositories", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  await seed(sql, { percentage: 10 });
  await seed(sql, { percentage: 20, language: "php" });
  await seed(sql, { percentage: 30, branch_name: "fix/a\"b'c" });
  await seed(sql, { repo_name: "other", percentage: 40, branch_name: "develop" });
  const branches = [
    { org_name: "acme", repo_name: "other" },
    { org_name: "ACME", repo_name: "Shop", branch_name: "main" },
    { org_name: "acme", repo_name: "shop", branch_name: "main", language: "go" },
    { org_name: "acme", repo_name: "shop", branch_name: "fix/a\"b'c" },
    { org_name: "acme", repo_name: "shop", branch_name: "none" },
    { org_name: "acme", repo_name: "none" },
  ];
  const found = await Promise.all(branches.map(createFindPercentage(sql)));
  assert.deepEqual(found, [40, 20, 10, 30, undefined, undefined]);
  const one = await Promise.all(branches.map((branch) => findActive(sql, branch)));
  assert.deepEqual(found, one.map((row) => row?.percentage), "the same as one at a time");

  const rows = await Promise.all(branches.map(createFindActiveRows(sql, 2)));
  assert.deepEqual(rows.map((of) => of.map(({ percentage }) => percentage)), [
    [40],
    ...Array(4).fill([10, 20]),
    [],
  ]);
});
