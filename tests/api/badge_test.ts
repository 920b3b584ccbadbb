import assert from "node:assert/strict";
import { coverageColor } from "../../src/model/percentage.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { seed } from "../support/seed.ts";

const PATH = "/coverages-api/badge?org_name=acme&repo_name=shop";

/** The texts of a badge, in order: label, message. */
async function texts(test: TestApp, query: string): Promise<string> {
  const response = await test.get(`${PATH}${query}`);
  assert.equal(response.status, 200, query);
  assert.match(response.headers.get("content-type")!, /^image\/svg\+xml/);
  const svg = await response.text();
  return /<title>(.*?)<\/title>/.exec(svg)?.[1] ?? svg;
}

Deno.test("a badge shows the newest language, or the one that is asked for", async () => {
  await using test = await testApp();
  await seed(test.sql, { percentage: 10, language: "go" });
  await seed(test.sql, { percentage: 20, language: "php" });
  await seed(test.sql, { percentage: 30, language: "go" });
  assert.equal(await texts(test, "&branch_name=main"), "coverage: 30.00%");
  assert.equal(await texts(test, "&branch_name=main&language=php"), "coverage: 20.00%");
  assert.equal(await texts(test, "&branch_name=main&language=c%2B%2B"), "coverage: unknown");
});

Deno.test("label and subtitle are shown instead, escaped; every style is a badge", async () => {
  await using test = await testApp();
  await seed(test.sql);
  assert.equal(await texts(test, "&branch_name=main&label=main"), "main: 50.00%");
  assert.equal(await texts(test, "&branch_name=main&subtitle=ok"), "coverage: ok");
  assert.equal(
    await texts(test, "&branch_name=main&label=%3Cscript%3E%26"),
    "&lt;script&gt;&amp;: 50.00%",
  );
  for (const style of ["flat", "flat-square", "plastic", "for-the-badge", "social"]) {
    const response = await test.get(`${PATH}&branch_name=main&style=${style}`);
    assert.match(await response.text(), /^<svg/, style);
  }
});

Deno.test("a badge matches the golden file", async () => {
  await using test = await testApp();
  await seed(test.sql, { percentage: 33.03, branch_name: "develop" });
  const response = await test.get(`${PATH}&branch_name=develop&label=develop`);
  const golden = new URL("./badge_golden.svg", import.meta.url);
  assert.equal(await response.text(), (await Deno.readTextFile(golden)).trimEnd());
});

Deno.test("an unknown branch gives a grey badge, not a broken image", async () => {
  await using test = await testApp();
  const response = await test.get(`${PATH}&branch_name=nothing`);
  assert.equal(response.status, 200);
  const svg = await response.text();
  assert(svg.includes("coverage: unknown"));
  assert(svg.includes('fill="#939393"'), "shields' lightgrey");
});

Deno.test("repo_name may be org/repo, and is case-insensitive", async () => {
  await using test = await testApp();
  await seed(test.sql, { percentage: 33.03 });
  for (
    const query of ["org_name=acme&repo_name=acme/shop", "org_name=ACME&repo_name=Acme%2Fshop"]
  ) {
    const response = await test.get(`/coverages-api/badge?${query}&branch_name=main`);
    assert.match(await response.text(), /<title>coverage: 33\.03%</, query);
  }
});

Deno.test("missing or malformed fields give a red badge, not a broken image", async () => {
  await using test = await testApp();
  await seed(test.sql);
  const repository = "org_name=acme&repo_name=shop";
  for (
    const query of [
      "",
      "repo_name=shop&branch_name=main",
      "org_name=acme&branch_name=main",
      "org_name=acme&repo_name=other/shop&branch_name=main",
      "org_name=acme&repo_name=acme/&branch_name=main",
      "org_name=..&repo_name=shop&branch_name=main",
      repository,
      `${repository}&branch_name=`,
      `${repository}&branch_name=a..b`,
      `${repository}&branch_name=main&style=round`,
      `${repository}&branch_name=main&label=%01`,
      `${repository}&branch_name=main&label=%EF%BF%BF`,
      `${repository}&branch_name=main&language=c%20sharp&subtitle=ok`,
    ]
  ) {
    const response = await test.get(`/coverages-api/badge?${query}`, {
      headers: { accept: "text/html" },
    });
    assert.equal(response.status, 200, query);
    assert.match(response.headers.get("content-type")!, /^image\/svg\+xml/);
    assert.equal(response.headers.get("cache-control"), "no-cache");
    const svg = await response.text();
    assert(svg.includes("<title>coverage: invalid</title>"), query);
    assert(svg.includes('fill="#dd4343"'), "red");
  }
});

Deno.test("the colour of a badge depends on the percentage", () => {
  const scale: [number, string][] = [
    [0, "red"],
    [39.99, "red"],
    [40, "orange"],
    [59.99, "orange"],
    [60, "yellow"],
    [79.99, "yellow"],
    [80, "yellowgreen"],
    [90, "green"],
    [99.99, "green"],
    [100, "brightgreen"],
  ];
  for (const [percentage, color] of scale) assert.equal(coverageColor(percentage), color);
});
