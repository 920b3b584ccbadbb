import assert from "node:assert/strict";
import { type TestApp, testApp } from "../support/app.ts";
import { seed } from "../support/seed.ts";

const path = (fields: Record<string, string> = {}) =>
  `/coverages-api/compare?${new URLSearchParams({
    org_name: "acme",
    repo_name: "shop",
    base: "main",
    head: "dev",
    ...fields,
  })}`;

async function comment(test: TestApp, fields?: Record<string, string>): Promise<string> {
  const response = await test.get(path(fields), { headers: { accept: "text/markdown" } });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/markdown; charset=utf-8");
  return await response.text();
}

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
  const markdown = await comment(test);
  assert(markdown.startsWith("<!-- __CODE_COVERAGE_go__ -->\n### Coverage 33.02% (−0.01)\n"));
  assert.match(markdown, /\| \[<code>main<\/code>\]\(<http[^|]*>\) \| 33\.03% \| {2}\|/);
  assert.match(markdown, /\| \[<code>dev<\/code>\]\(<http[^|]*>\) \| 33\.02% \| −0\.01 \|/);
  assert.match(markdown, /3302 of 10000 lines/);
});

Deno.test("compare says so where the base has no coverage, and where the head has none", async () => {
  await using test = await testApp();
  await seed(test.sql, { branch_name: "dev", percentage: 12.5 });
  await seed(test.sql, { language: "python" });
  const answer = await (await test.get(path())).json();
  assert.deepEqual([answer.base, answer.delta, answer.head.percentage], [null, null, 12.5]);
  const markdown = await comment(test);
  assert.match(markdown, /### Coverage 12\.50%\n/);
  assert.match(markdown, /<code>main<\/code> has no coverage in <code>go<\/code> yet/);
  assert.doesNotMatch(markdown, /NaN|null|undefined/);
  for (const fields of [{ head: "nothing" }, { language: "rust" }, { repo_name: "other" }]) {
    const missing = await test.get(path(fields));
    assert.equal(missing.status, 404);
    assert.match((await missing.json()).error, /has no coverage of branch /);
  }
  const refused = await test.get(path({ base: "a..b", language: "", head: "" }));
  assert.equal(refused.status, 422);
  assert.deepEqual(Object.keys((await refused.json()).error), ["base", "head"]);
});

Deno.test("a branch's name is text in a comment, and mentions nobody", async () => {
  await using test = await testApp();
  const head = "@org/team|`x`<b>](evil)#1";
  await seed(test.sql, { branch_name: head });
  const markdown = await comment(test, { head });
  assert.match(markdown, /<code>&#64;org\/team&#124;&#96;x&#96;&#60;b&#62;&#93;&#40;evil/);
  assert.doesNotMatch(markdown.replaceAll(/&#\d+;|<\/?code>|\(<[^>]*>\)/g, ""), /@|`x|<b|evil\)/);
});
