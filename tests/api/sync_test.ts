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
    await response.body?.cancel();
  }
}

async function active(test: TestApp): Promise<string[]> {
  const rows = await test.sql<{ branch_name: string }[]>`
    select branch_name from coverages where deleted_at is null order by branch_name`;
  return rows.map(({ branch_name }) => branch_name);
}

Deno.test("sync deletes the branches that are not named, with their reports, and no others", async () => {
  await using test = await testApp();
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
  const page = await test.get("/coverages-api/assets/acme/shop/gone/archive/report/index.html");
  assert.equal(page.status, 404);
  await page.body?.cancel();
  const again = await sync(test, { ...fields, active_branches: ["main", "feature/a"] });
  assert.deepEqual(await again.json(), { success: "1" });
});

Deno.test("sync leaves the pull requests of forks alone, which no list of branches has", async () => {
  await using test = await testApp();
  const odd = ["pull/8", "pull/x/head", "pull/9/head/x", "my/pull/9/head"];
  await withBranches(test, "main", "pull/7/head", ...odd);
  await (await sync(test, { ...fields, active_branches: ["main"] })).body?.cancel();
  assert.deepEqual(await active(test), ["main", "pull/7/head"]);
});

Deno.test("a deleted branch comes back with its next upload", async () => {
  await using test = await testApp();
  await withBranches(test, "main", "back");
  await (await sync(test, { ...fields, active_branches: ["main"] })).body?.cancel();
  await withBranches(test, "back");
  assert.deepEqual(await active(test), ["back", "main"]);
});

Deno.test("a sync that is not well-formed deletes nothing", async () => {
  await using test = await testApp();
  await withBranches(test, "main");
  const cases: [body: unknown, status: number, field: string | undefined][] = [
    [{ ...fields, active_branches: [] }, 422, "active_branches"],
    [{ ...fields }, 422, "active_branches"],
    [{ ...fields, active_branches: "main" }, 422, "active_branches"],
    [{ ...fields, active_branches: ["a..b"] }, 422, "active_branches"],
    [{ ...fields, active_branches: [7] }, 422, "active_branches"],
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

Deno.test("a sync whose client stops half-way is 400 and deletes nothing", async () => {
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
  await response.body?.cancel();
});

Deno.test("sync looks at the branches of somebody who may, and at no more than it must", async () => {
  await using test = await testApp();
  await withBranches(test, "main");
  const cases: [unknown, RegExp][] = [
    [Array(20_001).fill("a"), /at most 20000 branches/],
    [["main", "a..b"], /git check-ref-format/],
    [["main", 7], /git check-ref-format/],
    ["main", /a list of branch names/],
    [[], /at least one branch/],
  ];
  for (const [active_branches, sentence] of cases) {
    const response = await sync(test, { ...fields, active_branches });
    assert.equal(response.status, 422);
    assert.match((await response.json()).error.active_branches, sentence);
  }
  const long = await sync(test, { ...fields, active_branches: ["x".repeat(1024 * 1024)] });
  assert.equal(long.status, 413);
  await long.body?.cancel();
  assert.deepEqual(await active(test), ["main"]);
  const all = await sync(test, { ...fields, active_branches: Array(20_000).fill("main") });
  assert.equal(all.status, 200);
  await all.body?.cancel();
});

Deno.test("clients that send nothing delay no sync, and the first of too many gives way", async () => {
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
  await response.body?.cancel();
  const first = await waiting[0]!;
  assert.deepEqual([first.status, first.headers.get("retry-after")], [429, "10"]);
  assert.match((await first.json()).error, /Too many branch lists/);
  for (const controller of silent.slice(1)) controller.error(new TypeError("connection lost"));
  const others = await Promise.all(waiting.slice(1));
  assert.deepEqual(new Set(others.map(({ status }) => status)), new Set([400]));
  for (const response of others) await response.body?.cancel();
});
