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

const lines = (linesCovered: number, linesValid: number) => ({
  coverage: {
    percentage: Math.round(linesCovered / linesValid * 10_000) / 100,
    linesCovered,
    linesValid,
    format: "cobertura",
  },
});

Deno.test("compare has both coverages in the head's language, the change and the addresses", async () => {
  await using test = await testApp();
  await seed(test.sql, { ...lines(3303, 10_000) });
  await seed(test.sql, { language: "python", percentage: 90 });
  await seed(test.sql, { branch_name: "dev", ...lines(3302, 10_000) });
  const answer = await (await test.get(path())).json();
  assert.deepEqual(Object.keys(answer), [
    ...["org_name", "repo_name", "language", "base_branch", "head_branch", "base", "head", "delta"],
    ...[
      "base_badge_url",
      "head_badge_url",
      "repository_url",
      "base_reason",
      "patch",
      "patch_reason",
    ],
  ]);
  assert.deepEqual(
    [answer.language, answer.base.percentage, answer.head.percentage, answer.delta],
    [
      ...["go", 33.03, 33.02, -0.01],
    ],
  );
  const list = await (await test.get("/coverages-api?org_name=acme")).json();
  assert(
    list.data["acme/shop"].some((row: unknown) =>
      JSON.stringify(row) === JSON.stringify(answer.head)
    ),
  );
  assert.equal(answer.repository_url, "http://coverage.test/coverages-ui/acme/shop");
  assert.match(
    await (await test.get(new URL(answer.head_badge_url).href.slice(20))).text(),
    /33\.02%/,
  );
});

Deno.test("compare says so where the base has no coverage, and where the head has none", async () => {
  await using test = await testApp();
  await seed(test.sql, { branch_name: "dev", percentage: 12.5 });
  await seed(test.sql, { language: "python" });
  const answer = await (await test.get(path())).json();
  assert.deepEqual([answer.base, answer.delta, answer.head.percentage], [null, null, 12.5]);
  for (const fields of [{ head: "nothing" }, { language: "rust" }, { repo_name: "other" }]) {
    const missing = await test.get(path(fields));
    assert.equal(missing.status, 404);
    assert.match((await missing.json()).error, /has no coverage of branch /);
  }
  const refused = await test.get(path({ base: "a..b", language: "", head: "" }));
  assert.equal(refused.status, 422);
  assert.deepEqual(Object.keys((await refused.json()).error), ["base", "head"]);
});
