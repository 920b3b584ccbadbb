import assert from "node:assert/strict";
import { cobertura, goodReport, gzip, tar } from "../support/archive.ts";
import { testApp } from "../support/app.ts";
import { storedReports } from "../support/reports.ts";
import { FIELDS, uploadPath } from "../support/fields.ts";

const archive = await gzip(tar(goodReport()));

function form(parts: [string, string | Blob][]): FormData {
  const form = new FormData();
  for (const [name, value] of parts) {
    if (typeof value === "string") form.append(name, value);
    else form.append(name, value, "report.tar.gz");
  }
  return form;
}

const file: [string, Blob] = ["file", new Blob([archive])];

Deno.test("an upload answers with its coverage and that of every branch, in the documented order", async () => {
  await using test = await testApp();
  await test.upload(archive, { branch_name: "feature/x" });
  const response = await test.upload(archive);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/json");
  const answer = await response.json();
  assert.deepEqual(Object.keys(answer), ["coverage", "data"]);
  assert.deepEqual(Object.keys(answer.coverage), [
    "id",
    "org_name",
    "repo_name",
    "branch_name",
    "commit_hash",
    "commit_author",
    "language",
    "percentage",
    "created_at",
    "updated_at",
    "lines_covered",
    "lines_valid",
    "format",
    "report_url",
  ]);
  const { coverage_xml_file_name: _, github_api_url: __, ...names } = FIELDS;
  const { id, created_at, updated_at, ...rest } = answer.coverage;
  assert.deepEqual(rest, {
    ...names,
    percentage: 75,
    lines_covered: 3,
    lines_valid: 4,
    format: "cobertura",
    report_url:
      "http://coverage.test/coverages-api/assets/acme/shop/main/go/archive/report/index.html",
  });
  assert.equal(typeof id, "number");
  for (const time of [created_at, updated_at]) assert.equal(new Date(time).toISOString(), time);
  assert.deepEqual(answer.data.map((row: { branch_name: string }) => row.branch_name), [
    "feature/x",
    "main",
  ]);
  assert.deepEqual(answer.data[1], answer.coverage);
});

Deno.test("a form may hold the file, and the fields that the query does not", async () => {
  await using test = await testApp();
  const inQuery = await test.get(uploadPath(), { method: "POST", body: form([file]) });
  assert.equal((await inQuery.json()).coverage.percentage, 75);
  const rest = { branch_name: undefined, commit_author: undefined };
  const inForm = await test.get(uploadPath(rest), {
    method: "POST",
    body: form([...Object.entries(FIELDS), file]),
  });
  assert.equal((await inForm.json()).coverage.branch_name, FIELDS.branch_name);
  const both = await test.get(uploadPath({ branch_name: "other" }), {
    method: "POST",
    body: form([file, ...Object.entries(FIELDS)]),
  });
  assert.equal((await both.json()).coverage.branch_name, "other");
});

Deno.test("a raw body is accepted with each of its media types, or none", async () => {
  await using test = await testApp();
  for (
    const type of [
      "application/gzip",
      "application/x-gzip",
      "application/x-tar",
      undefined,
      "APPLICATION/octet-stream; x=y",
    ]
  ) {
    const response = await test.get(uploadPath(), {
      method: "POST",
      body: new Blob([archive]).stream(),
      headers: type ? { "content-type": type } : {},
    });
    assert.equal(response.status, 200, type!);
  }
});

Deno.test("a new upload supersedes the one of its branch and language, and no other", async () => {
  await using test = await testApp();
  const report = async (covered: number) =>
    await gzip(tar([{ name: "coverage.xml", content: cobertura(covered, 4) }]));
  for (const language of ["go", "php"]) {
    await test.upload(await report(1), { language });
  }
  const answer = await (await test.upload(await report(4))).json();
  assert.deepEqual(
    answer.data.map((row: Record<string, unknown>) => [row.language, row.percentage]),
    [["php", 25], ["go", 100]],
    "oldest first",
  );
  const rows = await test.sql`select deleted_at from coverages order by id`;
  assert.deepEqual(rows.map(({ deleted_at }) => deleted_at !== null), [true, false, false]);
  assert.equal((await storedReports(test.reports)).published.length, 2);
});

Deno.test("any commit name of a CI system is accepted and links to GitHub", async () => {
  await using test = await testApp();
  const commits = [
    "a",
    "abc",
    "refs/pull/7/merge",
    "a123...7f9",
    "HEAD~2",
    "x".repeat(255),
    "größe🎉",
  ]
    .concat("%2e%2e", "../../..");
  for (const commit_hash of commits) {
    const response = await test.upload(archive, { commit_hash });
    const answer = await response.json();
    assert.equal(answer.coverage?.commit_hash, commit_hash, answer.error);
    const page = await (await test.get("/coverages-ui/acme/shop")).text();
    const link = `https://github.com/acme/shop/commit/${encodeURIComponent(commit_hash)}`;
    assert(page.includes(`href="${link}"`), commit_hash);
  }
});

Deno.test("refs/heads/main is the branch main", async () => {
  await using test = await testApp();
  await test.upload(archive);
  const answer = await (await test.upload(archive, { branch_name: "refs/heads/main" })).json();
  assert.equal(answer.coverage.branch_name, "main");
  assert.equal(answer.data.length, 1);
  const refused = await test.upload(archive, { branch_name: "refs/heads/" });
  assert.equal(refused.status, 422);
  assert.match(
    (await refused.json()).error.branch_name,
    /is "refs\/heads\/"; it must not be empty/,
  );
});

Deno.test("repository names are case-insensitive", async () => {
  await using test = await testApp();
  await test.upload(archive);
  const answer = await (await test.upload(archive, { org_name: "ACME", branch_name: "b" })).json();
  assert.equal(answer.data.length, 2);
  assert.equal(answer.coverage.org_name, "acme");
});

Deno.test("twenty uploads of a branch at once leave one active row, one report, no orphan", async () => {
  await using test = await testApp();
  const responses = await Promise.all(Array.from({ length: 20 }, () => test.upload(archive)));
  assert.deepEqual(responses.map(({ status }) => status), Array(20).fill(200));
  for (const response of responses) assert.equal((await response.json()).data.length, 1);
  const rows = await test.sql<{ report_id: string; active: boolean }[]>`
    select report_id, deleted_at is null as active from coverages`;
  assert.equal(rows.length, 20);
  const active = rows.filter((row) => row.active);
  assert.equal(active.length, 1);
  assert.deepEqual(await storedReports(test.reports), {
    published: [active[0]!.report_id],
    staged: [],
  });
});

Deno.test("a symbolic link is left out, told and logged, and the report is stored", async () => {
  await using test = await testApp();
  const linked = tar(goodReport([{ name: "report/link", type: "2", linkName: "/etc/passwd" }]));
  const response = await test.upload(linked);
  assert.equal(response.status, 200);
  const { coverage, warnings } = await response.json();
  assert.deepEqual(warnings, [
    'A symbolic link was left out: "report/link". ' +
    "tar's -h (--dereference) packs the files instead.",
  ]);
  const path = new URL(coverage.report_url).pathname;
  const link = await test.open(path.replace("index.html", "link"));
  assert.equal(link.status, 404);
  const stored = test.log.find(({ message }) => message === "upload stored");
  assert.equal(stored?.fields.skipped_links, 1);
  const noIndex = tar([
    { name: "report/coverage.xml", content: cobertura(1, 4) },
    { name: "report/index.html", type: "2", linkName: "latest/index.html" },
    ...Array.from({ length: 12 }, (_, at) => ({ name: `l${at}`, type: "2", linkName: "x" })),
  ]);
  const answer = await (await test.upload(noIndex)).json();
  assert.match(
    answer.warnings[0],
    /^13 symbolic links were left out: "report\/index.html".* 3 more/,
  );
  assert.equal(
    answer.warnings[1],
    'The report has no first page, because "report/index.html" is a symbolic link.',
  );
  const plain = await (await test.upload(tar(goodReport()))).json();
  assert.deepEqual(Object.keys(plain), ["coverage", "data"]);
});

Deno.test("of two entries with the same name, the last is stored", async () => {
  await using test = await testApp();
  const twice = goodReport([
    { name: "report/page.html", content: "a long first version" },
    { name: "report/page.html", content: "second" },
    { name: "report/coverage.xml", content: cobertura(1, 4) },
  ]);
  const { coverage } = await (await test.upload(tar(twice))).json();
  assert.equal(coverage.percentage, 25);
  const page = await test.open(
    new URL(coverage.report_url).pathname.replace("index.html", "page.html"),
  );
  assert.equal(await page.text(), "second");
});
