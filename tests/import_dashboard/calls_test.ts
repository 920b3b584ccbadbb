/**
 * What the clients of a code-coverage-dashboard send and read, call by call: its Action, its web
 * client, its documentation and its own HTTP tests.
 *
 * @module
 */
import assert from "node:assert/strict";
import { actionTest, HEAD, JOB, MERGE, pathOf, type World } from "../support/action.ts";

interface Row {
  branch_name: string;
  percentage: number;
  created_at: string;
}

/** Runs curl as a step of a job does; returns the status and the body. */
async function curl({ workspace }: World, ...args: string[]): Promise<[string, string]> {
  const { stdout } = await new Deno.Command(pathOf("curl")!, {
    args: ["--silent", "--write-out", "\n%{response_code}", ...args],
    cwd: workspace,
  }).output();
  const [, body, status] = /^([^]*)\n(\d+)$/.exec(new TextDecoder().decode(stdout))!;
  return [status!, body!];
}

/** Packs and sends a report as its Action does; returns the answer. */
async function publish(world: World, branch: string, commit: string, covered: number) {
  await world.report(covered);
  const tar = await new Deno.Command(pathOf("tar")!, {
    args: ["-zcf", "build.tar.gz", "build"],
    cwd: world.workspace,
  }).output();
  assert(tar.success);
  const [status, body] = await curl(
    world,
    ...["-X", "POST", "-H", "Content-Type: multipart/form-data", "-H", `Authorization: ${JOB}`],
    ...["--form", "file=@build.tar.gz"],
    `${world.server.api}?org_name=acme&github_api_url=${world.github.address}` +
      `&branch_name=${branch}&repo_name=shop&commit_hash=${commit}&commit_author=ada` +
      "&language=go&coverage_xml_file_name=coverage.xml",
  );
  assert.equal(status, "200", body);
  return JSON.parse(body) as { coverage: Row; data: Row[] };
}

const sync = (world: World, body: unknown) =>
  curl(
    world,
    ...["-X", "PUT", "-H", "Content-Type: application/json", "-H", `Authorization: ${JOB}`],
    ...["-d", JSON.stringify(body, undefined, 2), world.server.api],
  );

const badge = async (world: World, query: string): Promise<string> => {
  const [status, body] = await curl(world, "--globoff", `${world.server.api}/badge?${query}`);
  assert.equal(status, "200", body);
  return /<title>(.*)<\/title>/.exec(body)![1]!;
};

const list = async (world: World, query: string): Promise<Record<string, Row[]>> => {
  const [status, body] = await curl(world, `${world.server.api}?${query}`);
  assert.equal(status, "200", body);
  return JSON.parse(body).data;
};

const withGitHub = ({ address }: { address: string }) => ({
  AUTH: "github",
  GITHUB_API_URLS: address,
});

actionTest("the Action: push, pull request with its comment's links, delete", async (world) => {
  const { server, github } = world;
  await publish(world, "main", HEAD, 80);
  const { coverage, data } = await publish(world, "feature/x", MERGE, 87);
  const base = data.find(({ branch_name }) => branch_name === "main");
  assert.deepEqual([coverage.percentage, base?.percentage], [87, 80]);

  const own = `org_name=acme&branch_name=feature/x&repo_name=acme/shop&language=go`;
  assert.equal(await badge(world, `${own}&subtitle=${coverage.percentage}%25`), "coverage: 87%");
  assert.equal(
    await badge(world, "org_name=acme&branch_name=main&repo_name=shop&language=go"),
    "coverage: 80.00%",
  );
  for (
    const link of [
      "/assets/acme/shop/main/archive/build/",
      "/assets/acme/shop/feature_fs_x/archive/build/",
      "/../coverages-ui/acme/shop",
    ]
  ) {
    const [status, page] = await curl(world, "--location", "--path-as-is", server.api + link);
    assert.equal(status, "200", `${link}: ${page}`);
    assert.match(page, /<h1/);
  }

  // "origin/" is taken off once a line, which leaves three words of the line of origin/HEAD.
  const remotes = "  origin/HEAD -> origin/main\n  origin/dev\n  origin/main\n";
  const words = remotes.replaceAll(/^(.*?)origin\//gm, "$1").split(/\s+/).filter(Boolean);
  assert.deepEqual(words, ["HEAD", "->", "origin/main", "dev", "main"]);
  const repository = { org_name: "acme", github_api_url: github.address, repo_name: "shop" };
  const [status, answer] = await sync(world, {
    ...repository,
    commit_hash: HEAD,
    active_branches: words,
  });
  assert.deepEqual([status, answer], ["200", '{"success":"1"}']);
  assert.deepEqual((await list(world, "p=1"))["acme/shop"]!.map((row) => row.branch_name), [
    "main",
  ]);
}, withGitHub);

actionTest(
  "the web client: everything in one page, and trends in the order of the rows",
  async (world) => {
    for (const covered of [10, 30, 20]) await publish(world, "main", HEAD, covered);
    await publish(world, "dev", HEAD, 40);
    const percentages = async (query: string) =>
      (await list(world, query))["acme/shop"]?.map(({ percentage }) => percentage);
    assert.deepEqual(await percentages("per_page=10000"), [20, 40]);
    assert.deepEqual(await percentages("per_page=10000&keyword=acme/sh"), [20, 40]);
    const all = "full=true&per_page=10000";
    assert.deepEqual(await percentages(`org_name=acme&repo_name=shop&${all}`), [10, 30, 20, 40]);
    assert.deepEqual(await percentages(`org_name=acme&commit_author=ada&${all}`), [10, 30, 20, 40]);
    assert.equal(await percentages(`org_name=acme&commit_author=bob&${all}`), undefined);
    const [status, page] = await curl(
      world,
      `${world.server.address}/coverages-ui?keyword=acme/sh`,
    );
    assert.equal(status, "200");
    assert.match(page, /1 repository matches “acme\/sh”/);
  },
);

actionTest("the documented calls", async (world) => {
  await publish(world, "develop", "a123...5716217f903ebffe42c3f113066103eca9", 33);
  await publish(world, "old", "abc", 33);
  const [status, answer] = await sync(world, {
    org_name: "acme",
    repo_name: "shop",
    github_api_url: "api.github.com",
    commit_hash: "abc",
    active_branches: ["develop", "master"],
  });
  assert.deepEqual([status, answer], ["200", '{"success":"1"}']);
  const rows = (await list(world, "p=1"))["acme/shop"]!;
  assert.deepEqual(rows.map(({ branch_name }) => branch_name), ["develop"]);
  assert.deepEqual(await list(world, "p=0"), { "acme/shop": rows }, "the documented lower limit");
  assert.equal(
    await badge(world, "org_name=acme&repo_name=shop&branch_name=develop&language=go"),
    "coverage: 33.00%",
  );
  const [health, said] = await curl(world, `${world.server.api}/health`);
  assert.equal(health, "200");
  assert(JSON.parse(said).success);
});

actionTest("its own HTTP tests: multipart/form-data without a body", async (world) => {
  const { server } = world;
  const empty = (method: string, path = "") =>
    curl(world, "-X", method, "-H", "Content-Type: multipart/form-data", `${server.api}${path}`);
  const [post, uploadError] = await empty("POST");
  assert.deepEqual([post, Object.keys(JSON.parse(uploadError).error).toSorted()], ["422", [
    ...["branch_name", "commit_author", "commit_hash", "coverage_xml_file_name", "file"],
    ...["language", "org_name", "repo_name"],
  ]]);
  const [put, syncError] = await empty("PUT");
  assert.deepEqual([put, Object.keys(JSON.parse(syncError).error)], [
    "422",
    ["org_name", "repo_name", "active_branches"],
  ]);
  const [get, svg] = await empty("GET", "/badge");
  assert.equal(get, "200");
  assert.match(svg, /<title>coverage: invalid<\/title>/);
});
