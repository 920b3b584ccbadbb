// What the clients of a code-coverage-dashboard send and read: its Action, its web client, its
// documentation and its own HTTP tests.
import assert from "node:assert/strict";
import { type TestApp, testApp } from "../support/app.ts";
import { goodReport, gzip, tar } from "../support/archive.ts";

interface Row {
  branch_name: string;
  percentage: number;
}

const archive = await gzip(tar(goodReport()));
const COMMIT = "a123...5716217f903ebffe42c3f113066103eca9";

/** Sends a report as `curl --form` does. */
async function publish(test: TestApp, branch: string): Promise<void> {
  const form = new FormData();
  form.set("file", new Blob([archive]), "build.tar.gz");
  const answer = await test.get(
    `/coverages-api?org_name=acme&github_api_url=api.github.com&branch_name=${branch}` +
      `&repo_name=shop&commit_hash=${COMMIT}&commit_author=ada&language=go` +
      "&coverage_xml_file_name=coverage.xml",
    { method: "POST", body: form, headers: { authorization: "GITHUB_TOKEN" } },
  );
  assert.equal(answer.status, 200, await answer.text());
}

async function sync(test: TestApp, active_branches: string[]): Promise<void> {
  const body = { org_name: "acme", repo_name: "shop", github_api_url: "api.github.com" };
  const answer = await test.get("/coverages-api", {
    method: "PUT",
    body: JSON.stringify({ ...body, commit_hash: "abc", active_branches }, undefined, 2),
    headers: { "content-type": "application/json" },
  });
  assert.deepEqual([answer.status, await answer.text()], [200, '{"success":"1"}']);
}

const badge = async (test: TestApp, query: string) =>
  /<title>(.*)<\/title>/.exec(await (await test.get(`/coverages-api/badge?${query}`)).text())![1]!;

/** The rows of acme/shop in a list. */
const list = async (test: TestApp, query: string): Promise<Row[] | undefined> =>
  (await (await test.get(`/coverages-api?${query}`)).json()).data["acme/shop"];

Deno.test("the Action: uploads, the links of its comment, branches as git prints them", async () => {
  await using test = await testApp();
  await publish(test, "main");
  await publish(test, "feature/x");
  const own = "org_name=acme&branch_name=feature/x&repo_name=acme/shop&language=go";
  assert.equal(await badge(test, `${own}&subtitle=87%25`), "coverage: 87%");
  assert.equal(await badge(test, own.replace("acme/shop", "shop")), "coverage: 75.00%");
  for (
    const link of [
      "/coverages-api/assets/acme/shop/main/archive/report/",
      "/coverages-api/assets/acme/shop/feature_fs_x/archive/report/",
      "/coverages-api/../coverages-ui/acme/shop",
    ]
  ) assert.match(await (await test.open(link)).text(), /<h1/, link);

  // "origin/" is taken off once a line, which leaves three words of the line of origin/HEAD.
  const remotes = "  origin/HEAD -> origin/main\n  origin/dev\n  origin/main\n";
  const words = remotes.replaceAll(/^(.*?)origin\//gm, "$1").split(/\s+/).filter(Boolean);
  assert.deepEqual(words, ["HEAD", "->", "origin/main", "dev", "main"]);
  await sync(test, words);
  assert.deepEqual((await list(test, "p=1"))!.map((row) => row.branch_name), ["main"]);
});

Deno.test("the web client and the documented calls: lists, history, health", async () => {
  await using test = await testApp();
  for (const branch of ["develop", "develop", "old"]) await publish(test, branch);
  const branches = async (query: string) =>
    (await list(test, query))?.map(({ branch_name }) => branch_name);
  for (const query of ["per_page=10000", "per_page=10000&keyword=acme/sh", "p=0"]) {
    assert.deepEqual(await branches(query), ["develop", "old"], query);
  }
  for (const filter of ["repo_name=shop", "commit_author=ada"]) {
    const all = `org_name=acme&${filter}&full=true&per_page=10000`;
    assert.deepEqual(await branches(all), ["develop", "develop", "old"]);
  }
  assert.equal(await branches("org_name=acme&commit_author=bob&full=true"), undefined);
  const page = await (await test.get("/coverages-ui?keyword=acme/sh")).text();
  assert.match(page, /1 repository matches “acme\/sh”/);
  await sync(test, ["develop", "master"]);
  assert.deepEqual(await branches("p=1"), ["develop"]);
  assert((await (await test.get("/coverages-api/health")).json()).success);
});

Deno.test("its own HTTP tests: multipart/form-data without a body", async () => {
  await using test = await testApp();
  const empty = async (method: string) => {
    const headers = { "content-type": "multipart/form-data" };
    const answer = await test.get("/coverages-api", { method, headers });
    return [answer.status, Object.keys((await answer.json()).error).sort()];
  };
  assert.deepEqual(await empty("POST"), [422, [
    ...["branch_name", "commit_author", "commit_hash", "coverage_xml_file_name", "file"],
    ...["language", "org_name", "repo_name"],
  ]]);
  assert.deepEqual(await empty("PUT"), [422, ["active_branches", "org_name", "repo_name"]]);
  assert.equal(await badge(test, ""), "coverage: invalid");
});
