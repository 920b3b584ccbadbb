import assert from "node:assert/strict";
import { goodReport, tar } from "../support/archive.ts";
import { readConfig } from "../../src/config.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { storedReports } from "../support/reports.ts";

function sync(test: TestApp, body: unknown): Promise<Response> {
  return test.get("/coverages-api", {
    method: "PUT",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
}

const fields = {
  org_name: "acme",
  repo_name: "shop",
  github_api_url: "https://api.github.com",
  commit_hash: "0123456789",
};

async function withBranches(test: TestApp, ...branches: string[]): Promise<void> {
  for (const branch_name of branches) {
    const response = await test.upload(tar(goodReport()), { branch_name });
    assert.equal(response.status, 200);
  }
}

async function active(test: TestApp): Promise<string[]> {
  const rows = await test.sql<{ branch_name: string }[]>`
    select branch_name from coverages where deleted_at is null order by branch_name`;
  return rows.map(({ branch_name }) => branch_name);
}

Deno.test("sync deletes the branches that are not named, with their reports, and no others", async () => {
  const { retention } = readConfig({ KEEP_DELETED_DAYS: "0" });
  await using test = await testApp({ config: { retention } });
  await withBranches(test, "main", "feature/a", "gone");
  await (await test.upload(tar(goodReport()), { repo_name: "other", branch_name: "gone" })).body
    ?.cancel();
  const response = await sync(test, {
    ...fields,
    org_name: "ACME",
    active_branches: ["main", "feature/a", "new"],
  });
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { success: "1" });
  assert.deepEqual(await active(test), ["feature/a", "gone", "main"]);
  assert.equal((await storedReports(test.reports)).published.length, 3);
  const page = await test.open("/coverages-api/assets/acme/shop/gone/archive/report/index.html");
  assert.equal(page.status, 404);
  const again = await sync(test, { ...fields, active_branches: ["main", "feature/a"] });
  assert.deepEqual(await again.json(), { success: "1" });
});

Deno.test("names printed by git branch --remotes are accepted, and entries that are no branch are skipped", async () => {
  await using test = await testApp();
  await withBranches(test, "main", "origin/feature", "feature", "gone");
  const response = await sync(test, {
    ...fields,
    commit_hash: "abc",
    active_branches: ["HEAD", "->", "origin/main", "", "origin/feature", "a..b", "main"],
  });
  assert.equal(response.status, 200);
  assert.deepEqual(await active(test), ["feature", "main", "origin/feature"]);
  const logged = test.log.find(({ message }) => message === "branches synced")!;
  assert.deepEqual([logged.fields.active_branches, logged.fields.deleted], [2, 1]);
});

Deno.test("sync accepts a form, with active_branches once for each branch", async () => {
  await using test = await testApp();
  const put = (body: BodyInit, headers?: HeadersInit) =>
    test.get("/coverages-api", { method: "PUT", body, ...headers ? { headers } : {} });
  const filled = (form: FormData | URLSearchParams, branches: string[]) => {
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    for (const branch of branches) form.append("active_branches", branch);
    return form;
  };
  await withBranches(test, "main", "a", "b", "c", "d");
  const forms: [BodyInit, string[]][] = [
    [filled(new URLSearchParams(), ["main", "a", "b", "c"]), ["a", "b", "c", "main"]],
    // More of them than an upload's form may have parts.
    [filled(new FormData(), ["main", "a", "b", ...Array(50).fill("x")]), ["a", "b", "main"]],
    [filled(new FormData(), ["main"]), ["main"]],
  ];
  for (const [form, left] of forms) {
    const response = await put(form);
    assert.equal(response.status, 200, await response.text());
    assert.deepEqual(await active(test), left);
  }
  await withBranches(test, "a");
  const json = JSON.stringify({ ...fields, active_branches: ["main"] });
  const response = await put(json, { "content-type": "application/x-www-form-urlencoded" });
  assert.equal(response.status, 200, "curl --data with JSON");
  assert.deepEqual(await active(test), ["main"]);

  const refused: [RequestInit, number, RegExp][] = [
    [{ body: "org_name=acme" }, 422, /^\["repo_name","active_branches"\]$/],
    [{}, 422, /^\["org_name","repo_name","active_branches"\]$/],
    [
      { headers: { "content-type": "multipart/form-data" }, body: "x" },
      422,
      /^\["org_name","repo_name","active_branches"\]$/,
    ],
    [
      { headers: { "content-type": "multipart/form-data; boundary=x" }, body: "x" },
      400,
      /multipart/,
    ],
    [{ body: filled(new URLSearchParams(), ["HEAD"]) }, 422, /active_branches/],
    // Reading a form takes a hundred times as long as reading JSON.
    [{ body: "a&".repeat(100_000) }, 413, /at most 131072 are allowed/],
    [
      {
        headers: { "content-type": "multipart/form-data; boundary=x" },
        body: "--x\r\n\r\n\r\n".repeat(20_000),
      },
      413,
      /at most 131072 are allowed/,
    ],
  ];
  for (const [init, status, expected] of refused) {
    const headers = { "content-type": "application/x-www-form-urlencoded", ...init.headers };
    const response = await test.get("/coverages-api", { method: "PUT", ...init, headers });
    const { error } = await response.json();
    assert.equal(response.status, status, JSON.stringify(error));
    assert.match(typeof error === "string" ? error : JSON.stringify(Object.keys(error)), expected);
    assert.deepEqual(await active(test), ["main"]);
  }
});

Deno.test("sync leaves pull requests and tags alone, because no list of branches has them", async () => {
  await using test = await testApp();
  const odd = ["pull/8", "pull/x/head", "pull/9/head/x", "my/pull/9/head"];
  const refs = ["pull/7/head", "refs/pull/8/merge", "refs/tags/v1"];
  const queued = ["gh-readonly-queue/main/pr-7-0a1b", "gh-readonly-queue/main/pr-8-2c3d"];
  await withBranches(test, "main", ...refs, ...odd, ...queued);
  const active_branches = ["refs/heads/main", `refs/remotes/origin/${queued[0]}`];
  await sync(test, { ...fields, active_branches });
  assert.deepEqual(await active(test), [queued[0], "main", ...refs]);
});

Deno.test("a deleted branch comes back with its next upload", async () => {
  await using test = await testApp();
  await withBranches(test, "main", "back");
  await sync(test, { ...fields, active_branches: ["main"] });
  await withBranches(test, "back");
  assert.deepEqual(await active(test), ["back", "main"]);
});

Deno.test("a malformed sync deletes nothing", async () => {
  await using test = await testApp();
  await withBranches(test, "main");
  const cases: [body: unknown, status: number, field: string | undefined][] = [
    [{ ...fields, active_branches: [] }, 422, "active_branches"],
    [{ ...fields }, 422, "active_branches"],
    [{ ...fields, active_branches: "main" }, 422, "active_branches"],
    [{ ...fields, active_branches: ["a..b"] }, 422, "active_branches"],
    [{ ...fields, active_branches: ["", "HEAD", "->", "origin/HEAD"] }, 422, "active_branches"],
    [{ ...fields, active_branches: ["main", 7] }, 422, "active_branches"],
    [{ ...fields, active_branches: Array(20_001).fill("a") }, 422, "active_branches"],
    [{ ...fields, org_name: "a/b", active_branches: ["x"] }, 422, "org_name"],
    [{ ...fields, org_name: undefined, active_branches: ["x"] }, 422, "org_name"],
    [[], 422, undefined],
    ["null", 422, undefined],
    ["{not json", 400, undefined],
    ["", 400, undefined],
    [{ ...fields, active_branches: ["\ud800"] }, 422, "active_branches"],
    [{ ...fields, repo_name: "unknown", active_branches: ["x"] }, 404, undefined],
    [JSON.stringify("x".repeat(5_000_000)), 413, undefined],
  ];
  for (const [body, status, field] of cases) {
    const response = await sync(test, body);
    const name = JSON.stringify(body).slice(0, 100);
    assert.equal(response.status, status, name);
    const { error } = await response.json();
    if (field) assert(error[field], name);
    assert.deepEqual(await active(test), ["main"], name);
  }
  assert.equal((await storedReports(test.reports)).published.length, 1);
});

Deno.test("a sync that is cut off gets 400 and deletes nothing", async () => {
  await using test = await testApp();
  await withBranches(test, "main");
  const stopped = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode('{"org')),
    pull: (controller) => controller.error(new TypeError("connection lost")),
  });
  const response = await test.get("/coverages-api", { method: "PUT", body: stopped });
  assert.equal(response.status, 400);
  assert.match((await response.json()).error, /ended before it was complete/);
  assert.deepEqual(await active(test), ["main"]);
});

Deno.test("sync needs what an upload needs", async () => {
  await using test = await testApp({ config: { auth: readConfig({}).auth } });
  const response = await sync(test, { ...fields, active_branches: ["main"] });
  assert.equal(response.status, 401);
});

Deno.test("silent clients do not delay a sync, and the oldest of too many is dropped", async () => {
  await using test = await testApp();
  await withBranches(test, "main");
  const silent: ReadableStreamDefaultController<Uint8Array>[] = [];
  const waiting = Array.from({ length: 64 }, () => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => void silent.push(controller),
    });
    return test.get("/coverages-api", { method: "PUT", body });
  });
  const response = await sync(test, { ...fields, active_branches: ["main"] });
  assert.equal(response.status, 200);
  const first = await waiting[0]!;
  assert.deepEqual([first.status, first.headers.get("retry-after")], [429, "10"]);
  assert.match((await first.json()).error, /Too many branch lists/);
  for (const controller of silent.slice(1)) controller.error(new TypeError("connection lost"));
  const others = await Promise.all(waiting.slice(1));
  assert.deepEqual(new Set(others.map(({ status }) => status)), new Set([400]));
});
