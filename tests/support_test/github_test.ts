import assert from "node:assert/strict";
import { type GitHubOptions, person, startGitHub } from "../support/github.ts";

const SHA = "a".repeat(40);
const JOB = "job-token";
const FORK = "fork-token";

const world = (): GitHubOptions => ({
  people: { adas: "ada" },
  repositories: [
    {
      owner: "acme",
      name: "shop",
      commits: [SHA],
      branches: Array.from({ length: 65 }, (_, i) => `b${String(i).padStart(2, "0")}`),
      pulls: [7],
      issues: [8],
      formerNames: ["acme/store"],
      tokens: {
        [JOB]: { contents: "read", statuses: "write", "pull-requests": "write" },
        [FORK]: { contents: "read", statuses: "read", "pull-requests": "read" },
        adas: { issues: "write" },
      },
    },
    { owner: "acme", name: "secret", tokens: { other: {} } },
  ],
});

/** Asks the fake, with a token and a body where they are given. */
function asking(address: string) {
  return async (method: string, path: string, token?: string, body?: unknown) => {
    const response = await fetch(`${address}${path}`, {
      method,
      redirect: "manual",
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json");
    return {
      status: response.status,
      headers: response.headers,
      json: isJson ? JSON.parse(text) : text,
    };
  };
}

Deno.test("a status is created as documented, by whoever the token is", async () => {
  await using github = await startGitHub(world());
  const ask = asking(github.address);
  const body = { state: "success", description: "33%", target_url: "http://x.test/", context: "c" };
  const { status, json } = await ask("POST", `/repos/ACME/Shop/statuses/${SHA}`, JOB, body);
  assert.equal(status, 201);
  for (const [name, value] of Object.entries(body)) assert.equal(json[name], value);
  assert.equal(json.creator.login, "github-actions[bot]");
  assert.equal(json.creator.type, "Bot");
  assert.match(json.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.equal(github.repository("acme/shop").statuses.length, 1);
  const minimal = await ask("POST", `/repos/acme/shop/statuses/${SHA}`, JOB, { state: "pending" });
  assert.equal(minimal.json.context, "default");
  assert.equal(minimal.json.target_url, null);
});

Deno.test("what GitHub refuses of a status is refused", async () => {
  await using github = await startGitHub(world());
  const ask = asking(github.address);
  const good = { state: "success" };
  const cases: [number, RegExp, string | undefined, string, unknown][] = [
    [401, /^Bad credentials$/, undefined, `/repos/acme/shop/statuses/${SHA}`, good],
    [401, /^Bad credentials$/, "unknown", `/repos/acme/shop/statuses/${SHA}`, good],
    [404, /^Not Found$/, JOB, `/repos/acme/secret/statuses/${SHA}`, good],
    [404, /^Not Found$/, JOB, `/repos/acme/nothing/statuses/${SHA}`, good],
    [
      403,
      /^Resource not accessible by integration$/,
      FORK,
      `/repos/acme/shop/statuses/${SHA}`,
      good,
    ],
    [
      422,
      /^No commit found for SHA: b{40}$/,
      JOB,
      `/repos/acme/shop/statuses/${"b".repeat(40)}`,
      good,
    ],
    [422, /^Validation Failed$/, JOB, `/repos/acme/shop/statuses/${SHA.slice(0, 7)}`, good],
    [422, /^Validation Failed$/, JOB, `/repos/acme/shop/statuses/${SHA}`, { state: "passed" }],
    [422, /^Validation Failed$/, JOB, `/repos/acme/shop/statuses/${SHA}`, {
      ...good,
      description: "é".repeat(141),
    }],
    [422, /^Validation Failed$/, JOB, `/repos/acme/shop/statuses/${SHA}`, {
      ...good,
      target_url: "javascript:alert(1)",
    }],
    [400, /^Problems parsing JSON$/, JOB, `/repos/acme/shop/statuses/${SHA}`, "{"],
    [400, /^Body should be a JSON object$/, JOB, `/repos/acme/shop/statuses/${SHA}`, []],
  ];
  for (const [expected, message, token, path, body] of cases) {
    const { status, json } = await ask("POST", path, token, body);
    assert.equal(status, expected, path);
    assert.match(json.message, message);
  }
  assert.equal(github.repository("acme/shop").statuses.length, 0);
  const long = { ...good, description: "é".repeat(140) };
  assert.equal((await ask("POST", `/repos/acme/shop/statuses/${SHA}`, JOB, long)).status, 201);
  for (let i = 1; i < 1000; i++) {
    github.repository("acme/shop").statuses.push(github.repository("acme/shop").statuses[0]!);
  }
  assert.equal((await ask("POST", `/repos/acme/shop/statuses/${SHA}`, JOB, good)).status, 422);
});

Deno.test("lists have pages and say where the others are", async () => {
  await using github = await startGitHub(world());
  const ask = asking(github.address);
  const first = await ask("GET", "/repos/acme/shop/branches", FORK);
  assert.equal(first.json.length, 30);
  assert.match(
    first.headers.get("link")!,
    /^<[^>]+page=2>; rel="next", <[^>]+page=3>; rel="last"$/,
  );
  const names: string[] = [];
  let next: string | undefined = "/repos/acme/shop/branches?per_page=30";
  while (next) {
    const { json, headers } = await ask("GET", next, JOB);
    names.push(...json.map((branch: { name: string }) => branch.name));
    const link = /<([^>]+)>; rel="next"/.exec(headers.get("link") ?? "")?.[1];
    next = link?.slice(github.address.length);
  }
  assert.deepEqual(names, [...github.repository("acme/shop").branches.keys()]);
  const second = await ask("GET", "/repos/acme/shop/branches?page=2", JOB);
  assert.match(second.headers.get("link")!, /prev.*next.*last.*first/);
  const whole = await ask("GET", "/repos/acme/shop/branches?per_page=500", JOB);
  assert.equal(whole.json.length, 65);
  assert.equal(whole.headers.get("link"), null);
  assert.equal((await ask("GET", "/repos/acme/shop/branches", "adas")).status, 403);
});

Deno.test("comments are created, listed and updated by whom they belong to", async () => {
  await using github = await startGitHub(world());
  const ask = asking(github.address);
  const repository = github.repository("acme/shop");
  const path = "/repos/acme/shop/issues/7/comments";
  const created = await ask("POST", path, JOB, { body: "hello" });
  assert.equal(created.status, 201);
  assert.deepEqual(
    [created.json.user.login, created.json.user.type, created.json.body],
    ["github-actions[bot]", "Bot", "hello"],
  );
  const one = `/repos/acme/shop/issues/comments/${created.json.id}`;
  assert.equal((await ask("PATCH", one, JOB, { body: "again" })).json.body, "again");
  assert.equal((await ask("PATCH", one, FORK, { body: "no" })).status, 403);
  assert.equal(
    (await ask("PATCH", "/repos/acme/shop/issues/comments/1", JOB, { body: "no" })).status,
    404,
  );
  const adas = repository.addComment(7, "mine", person("ada"));
  const other = `/repos/acme/shop/issues/comments/${adas.id}`;
  const foreign = await ask("PATCH", other, JOB, { body: "no" });
  assert.deepEqual([foreign.status, adas.body], [403, "mine"]);
  assert.equal((await ask("PATCH", other, "adas", { body: "edited" })).status, 200);
  assert.deepEqual(
    (await ask("GET", path, FORK)).json.map((comment: { body: string }) => comment.body),
    ["again", "edited"],
  );
  assert.equal((await ask("POST", path, FORK, { body: "no" })).status, 403);
  assert.equal((await ask("POST", path, JOB, { body: "x".repeat(65_537) })).status, 422);
  assert.equal((await ask("POST", path, JOB, { body: "x".repeat(65_536) })).status, 201);
  assert.equal((await ask("POST", path, JOB, { body: "" })).status, 422);
  // An issue is none of the pull requests' permission.
  assert.equal(
    (await ask("POST", "/repos/acme/shop/issues/8/comments", JOB, { body: "no" })).status,
    403,
  );
  assert.equal(
    (await ask("POST", "/repos/acme/shop/issues/8/comments", "adas", { body: "y" })).status,
    201,
  );
  assert.equal((await ask("GET", "/repos/acme/shop/issues/9/comments", JOB)).status, 404);
});

Deno.test("a renamed repository leads to where it is now", async () => {
  await using github = await startGitHub(world());
  const ask = asking(github.address);
  const get = await ask("GET", "/repos/acme/store/branches?per_page=1", JOB);
  assert.deepEqual([get.status, get.json.message], [301, "Moved Permanently"]);
  const there = get.headers.get("location")!.slice(github.address.length);
  assert.equal((await ask("GET", there, JOB)).json.length, 1);
  const post = await ask("POST", `/repos/Acme/Store/statuses/${SHA}`, JOB, { state: "success" });
  assert.equal(post.status, 307);
  const moved = post.headers.get("location")!.slice(github.address.length);
  assert.equal((await ask("POST", moved, JOB, { state: "success" })).status, 201);
  assert.equal((await ask("GET", "/repos/acme/store/branches", "other")).status, 404);
  github.repository("acme/shop").rename("acme", "mall");
  assert.equal((await ask("GET", "/repos/acme/shop/branches", JOB)).status, 301);
});

Deno.test("limits, outages and slowness come and go, and requests are logged without tokens", async () => {
  await using github = await startGitHub({ ...world(), prefix: "/api/v3" });
  assert(github.address.endsWith("/api/v3"));
  const ask = asking(github.address);
  const branches = () => ask("GET", "/repos/acme/shop/branches?per_page=1", JOB);
  github.rateLimited();
  const primary = await branches();
  assert.equal(primary.status, 403);
  assert.equal(primary.headers.get("x-ratelimit-remaining"), "0");
  assert(Number(primary.headers.get("x-ratelimit-reset")) > Date.now() / 1000);
  github.up();
  github.rateLimited("secondary", { retryAfter: 3, times: 1 });
  const secondary = await branches();
  assert.deepEqual([secondary.status, secondary.headers.get("retry-after")], [429, "3"]);
  assert.equal((await branches()).status, 200);
  github.down({ when: ({ path }) => path.includes("page=2") });
  assert.equal((await branches()).status, 200);
  assert.equal((await ask("GET", "/repos/acme/shop/branches?page=2", JOB)).status, 503);
  github.up();

  const release = github.slow({ times: 2 });
  const markRemoved = new AbortController();
  const given = fetch(`${github.address}/repos/acme/shop/branches`, { signal: markRemoved.signal });
  const refused = assert.rejects(given, { name: "AbortError" });
  markRemoved.abort();
  await refused;
  const waiting = branches();
  release();
  assert.equal((await waiting).status, 200);

  const logged = github.requests[0]!;
  assert.deepEqual(
    [logged.method, logged.path, logged.headers.authorization, logged.body],
    ["GET", "/api/v3/repos/acme/shop/branches?per_page=1", "Bearer", undefined],
  );
  assert(!JSON.stringify(github.requests).includes(JOB));
});
