import assert from "node:assert/strict";
import { type TestApp, testApp } from "../support/app.ts";
import { tar } from "../support/archive.ts";
import { storedReports } from "../support/reports.ts";

/** LCOV of one file of six lines, of which these are hit. */
function lcov(...hit: number[]): string {
  const lines = [1, 2, 3, 4, 5, 6].map((line) => `DA:${line},${hit.includes(line) ? 1 : 0}`);
  return `TN:\nSF:src/a.ts\n${lines.join("\n")}\nend_of_record\n`;
}

const report = (coverage: string, page = "page") =>
  tar([{ name: "index.html", content: page }, { name: "lcov.info", content: coverage }]);

const FIELDS = { coverage_xml_file_name: "lcov.info", commit_hash: "aaaa1111" };

async function upload(
  test: TestApp,
  coverage: string,
  fields: Record<string, string> = {},
  page?: string,
) {
  const response = await test.upload(report(coverage, page), { ...FIELDS, ...fields });
  const answer = await response.json();
  assert.equal(response.status, 200, JSON.stringify(answer));
  return answer;
}

async function filesOf(test: TestApp, query = "branch_name=main") {
  const response = await test.get(
    `/coverages-api/files?org_name=acme&repo_name=shop&${query}`,
  );
  assert.equal(response.status, 200);
  return await response.json();
}

Deno.test("the parts of a commit are united in one upload, and each keeps its report", async () => {
  await using test = await testApp();
  const first = await upload(test, lcov(1), { part: "unit" }, "unit tests");
  assert.deepEqual([first.coverage.lines_covered, first.parts], [1, 1]);
  const second = await upload(test, lcov(2, 3), { part: "e2e" }, "end to end");
  assert.equal(second.coverage.id, first.coverage.id);
  assert.deepEqual([second.coverage.lines_covered, second.parts], [3, 2]);
  assert.equal(second.data.length, 1);
  assert.equal((await filesOf(test)).files[0].uncovered, "4-6");

  const again = await upload(test, lcov(1, 6), { part: "unit" }, "unit tests again");
  assert.deepEqual([again.coverage.lines_covered, again.parts], [4, 2]);
  assert.equal((await storedReports(test.reports)).published.length, 2, "the part is replaced");

  for await (const { name } of Deno.readDir(test.reports)) {
    if (name.endsWith(".lines")) await Deno.remove(`${test.reports}/${name}`);
  }
  assert.equal((await filesOf(test)).files[0].uncovered, "4-5", "lost lines are read again");

  const page = await (await test.get(`/coverages-ui/acme/shop/uploads/${first.coverage.id}`))
    .text();
  const shown: string[] = [];
  for (const [, path] of page.matchAll(/href="([^"]+\/part-[^"]+)"/g)) {
    const bar = await (await test.get(path!)).text();
    const [, name] = /, part <bdi>([^<]+)/.exec(bar)!;
    const [, src] = /<iframe[^>]* src="([^"]+)"/.exec(bar)!;
    shown.push(`${name}: ${await (await test.get(src!)).text()}`);
  }
  assert.deepEqual(shown, ["e2e: end to end", "unit: unit tests again"]);
  const none = await test.get(
    `/coverages-ui/acme/shop/uploads/${first.coverage.id}/part-smoke/report/`,
  );
  assert.equal(none.status, 404);
  assert.match(await none.text(), /There is no such part of upload 1\./);
});

Deno.test("the next commit starts without parts, and a late part joins its own commit", async () => {
  await using test = await testApp({
    config: { retention: { keepSuperseded: 5, keepDeletedDays: 0, maxStoredBytes: undefined } },
  });
  const before = await upload(test, lcov(1), { part: "a" });
  const next = await upload(test, lcov(2), { part: "a", commit_hash: "bbbb2222" });
  assert.deepEqual([next.coverage.lines_covered, next.parts], [1, 1]);
  const late = await upload(test, lcov(3), { part: "b" });
  assert.equal(late.coverage.id, before.coverage.id);
  assert.equal(late.coverage.lines_covered, 2);
  assert.equal(late.data[0].id, next.coverage.id, "the newer commit stays active");
});

Deno.test("a late part of a commit whose reports are gone replaces nothing", async () => {
  await using test = await testApp();
  await upload(test, lcov(1), { part: "a" });
  const next = await upload(test, lcov(2, 3), { part: "a", commit_hash: "bbbb2222" });
  const late = await upload(test, lcov(3), { part: "b" });
  assert(late.coverage.deleted_at);
  assert.equal(late.data[0].id, next.coverage.id);
  const { published } = await storedReports(test.reports);
  assert.equal(published.length, 1);
});

Deno.test("twenty parts at once give the right union, in any order", async () => {
  await using test = await testApp();
  const file = (number: number) =>
    `SF:src/${number % 5}.ts\n${
      [0, 1, 2, 3].map((line) => `DA:${line + 1},${line === number % 4 ? 1 : 0}\n`).join("")
    }end_of_record\n`;
  const answers = await Promise.all(
    Array.from(
      { length: 20 },
      (_, at) => upload(test, `TN:\n${file(at)}`, { part: `shard-${at}` }),
    ),
  );
  assert.deepEqual(answers.map(({ parts }) => parts).sort((a, b) => a - b).at(-1), 20);
  const { coverage, files } = await filesOf(test);
  assert.deepEqual([coverage.lines_covered, coverage.lines_valid], [20, 20]);
  assert.equal(files.length, 5);
});

Deno.test("a part without lines cannot be united, and changes nothing", async () => {
  await using test = await testApp();
  await upload(test, lcov(1), { part: "a" });
  const summary =
    `<coverage line-rate="0.5" lines-covered="1" lines-valid="2"><packages/></coverage>`;
  const response = await test.upload(
    tar([{ name: "lcov.info", content: summary }]),
    { ...FIELDS, part: "b" },
  );
  assert.equal(response.status, 422);
  assert.match((await response.json()).error, /Part "b" is a summary without lines/);
  const { coverage } = await filesOf(test);
  assert.equal(coverage.lines_covered, 1);
  assert.equal((await storedReports(test.reports)).published.length, 1);
});

Deno.test("several coverage files are united by file and line", async () => {
  await using test = await testApp();
  const archive = tar([
    { name: "a/lcov.info", content: lcov(1) },
    { name: "b/lcov.info", content: lcov(2) },
    { name: "b/other.txt", content: "no coverage" },
  ]);
  for (const names of [["**/lcov.info"], ["a/lcov.info", "b/*.info"]]) {
    const query = new URLSearchParams({
      ...{ org_name: "acme", repo_name: "shop", branch_name: "main", commit_hash: "aaaa1111" },
      ...{ commit_author: "ada", language: "ts" },
    });
    for (const name of names) query.append("coverage_xml_file_name", name);
    const response = await test.get(`/coverages-api?${query}`, {
      method: "POST",
      body: archive,
      headers: { "content-type": "application/gzip" },
    });
    const { coverage } = await response.json();
    assert.deepEqual([coverage.lines_covered, coverage.lines_valid], [2, 6]);
    assert.equal(coverage.format, "lcov");
  }
});

Deno.test("an upload of an older commit joins the history and replaces nothing", async () => {
  await using test = await testApp();
  const newer = await upload(test, lcov(1, 2), { commit_time: "2026-02-01T12:00:00Z" });
  const older = await upload(test, lcov(1), { commit_time: "2026-02-01T12:59:59+01:00" });
  assert(older.coverage.deleted_at);
  assert.deepEqual(older.data.map(({ id }: { id: number }) => id), [newer.coverage.id]);
  const equal = await upload(test, lcov(3), { commit_time: "2026-02-01T13:00:00+01:00" });
  assert.equal(equal.data[0].id, equal.coverage.id, "the same commit again replaces itself");
  const unknown = await upload(test, lcov(4));
  assert.equal(unknown.data[0].id, unknown.coverage.id, "without a time the last upload counts");
  const bad = await test.upload(report(lcov(1)), { ...FIELDS, commit_time: "yesterday" });
  assert.equal(bad.status, 422);
  assert.match((await bad.json()).error.commit_time, /must be a time like/);
});

Deno.test("files have their lines, their change against the base, and are read again where lost", async () => {
  await using test = await testApp();
  await upload(test, lcov(1, 2, 3));
  const { coverage } = await upload(test, lcov(1, 2), { branch_name: "feature" });
  const files = [{
    path: "src/a.ts",
    lines_covered: 2,
    lines_valid: 6,
    percentage: 33.33,
    uncovered: "3-6",
    change: -16.67,
  }];
  const answer = await filesOf(test, "branch_name=feature");
  assert.deepEqual(answer.files, files);
  assert.equal(answer.base.branch_name, "main");
  assert.equal(answer.coverage.id, coverage.id);
  for await (const { name } of Deno.readDir(test.reports)) {
    if (name.endsWith(".lines")) await Deno.remove(`${test.reports}/${name}`);
  }
  assert.deepEqual((await filesOf(test, `id=${coverage.id}`)).files, files);

  for (
    const [query, status] of [["id=77", 404], ["branch_name=none", 404], ["id=0", 422]] as const
  ) {
    const response = await test.get(
      `/coverages-api/files?org_name=acme&repo_name=shop&${query}`,
    );
    assert.equal(response.status, status);
  }
});
