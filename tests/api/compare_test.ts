import assert from "node:assert/strict";
import { testApp } from "../support/app.ts";
import { seed } from "../support/seed.ts";

const path = (fields: Record<string, string> = {}) =>
  `/coverages-api/compare?${new URLSearchParams({
    org_name: "acme",
    repo_name: "shop",
    base: "main",
    head: "dev",
    ...fields,
  })}`;

Deno.test("compare says so where the base has no coverage, and where the head has none", async () => {
  await using test = await testApp();
  await seed(test.sql, { branch_name: "dev", percentage: 12.5 });
  await seed(test.sql, { language: "python" });
  const answer = await (await test.get(path())).json();
  assert.deepEqual([answer.base, answer.delta, answer.head.percentage], [null, null, 12.5]);
  await seed(test.sql, { percentage: 12.51 });
  assert.equal((await (await test.get(path())).json()).delta, -0.01, "in the head's language");
  for (const fields of [{ head: "nothing" }, { language: "rust" }, { repo_name: "other" }]) {
    const missing = await test.get(path(fields));
    assert.equal(missing.status, 404);
    assert.match((await missing.json()).error, /has no coverage of branch /);
  }
  const refused = await test.get(path({ base: "a..b", language: "", head: "" }));
  assert.equal(refused.status, 422);
  assert.deepEqual(Object.keys((await refused.json()).error), ["base", "head"]);
});
