import assert from "node:assert/strict";
import { type TestApp, testApp } from "../support/app.ts";
import { tar } from "../support/archive.ts";

/** LCOV of files of ten lines, of which the first so many are hit. */
function lcov(files: Record<string, number>): string {
  return Object.entries(files).map(([path, hit]) => {
    const lines = Array.from({ length: 10 }, (_, at) => `DA:${at + 1},${at < hit ? 1 : 0}`);
    return `SF:${path}\n${lines.join("\n")}\nend_of_record\n`;
  }).join("");
}

/** A diff that changes these lines of a file. */
function diffOf(path: string, first: number, count: number): string {
  return `diff --git a/${path} b/${path}\nindex 1..2 100644\n--- a/${path}\n+++ b/${path}\n` +
    `@@ -${first},${count} +${first},${count} @@\n${"-\n".repeat(count)}${"+\n".repeat(count)}`;
}

/** A diff that removes a line. */
const removal = (path: string) =>
  `diff --git a/${path} b/${path}\nindex 1..2 100644\n--- a/${path}\n+++ b/${path}\n` +
  `@@ -5,1 +4,0 @@\n-\n`;

async function upload(
  test: TestApp,
  files: Record<string, number>,
  { diff, ...fields }: Record<string, string> = {},
): Promise<number> {
  const archive = tar([
    { name: "lcov.info", content: lcov(files) },
    ...(diff === undefined ? [] : [{ name: "changes.diff", content: diff }]),
  ]);
  const response = await test.upload(archive, {
    coverage_xml_file_name: "lcov.info",
    ...(diff === undefined ? {} : { diff_file_name: "changes.diff" }),
    ...fields,
  });
  const answer = await response.json();
  assert.equal(response.status, 200, JSON.stringify(answer));
  return answer.coverage.id;
}

async function comment(test: TestApp, fields: Record<string, string> = {}): Promise<string> {
  const query = new URLSearchParams({
    ...{ org_name: "acme", repo_name: "shop", base: "main", head: "dev" },
    ...fields,
  });
  const response = await test.get(`/coverages-api/compare?${query}`, {
    headers: { accept: "text/markdown" },
  });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/markdown; charset=utf-8");
  return await response.text();
}

const HEAD = { branch_name: "dev", commit_hash: "f".repeat(40) };
const BLOB = `https://github.com/acme/shop/blob/${HEAD.commit_hash}`;
const page = (id: number) => `(<http://coverage.test/coverages-ui/acme/shop/uploads/${id}>)`;

Deno.test("a comment has a row for each language, and what the change left uncovered", async () => {
  await using test = await testApp();
  const files = { "a.ts": 10, "removed.ts": 10, "other.ts": 10, "more.ts": 4, "same.ts": 3 };
  await upload(test, files);
  await upload(test, { "x.py": 5 }, { language: "py" });
  const php = await upload(test, { "x.php": 5 }, {
    branch_name: "dev",
    commit_hash: "0123456789",
    language: "php",
  });
  const py = await upload(test, { "x.py": 6 }, { ...HEAD, language: "py" });
  const go = await upload(
    test,
    { ...files, "a.ts": 2, "removed.ts": 4, "other.ts": 7, "more.ts": 5 },
    { ...HEAD, diff: diffOf("a.ts", 2, 3) + removal("removed.ts") + diffOf("new.ts", 1, 1) },
  );
  const text = await comment(test);
  assert(text.startsWith("<!-- coverage-server -->\n### Coverage\n"));
  assert(
    text.includes(`| [<code>go</code>]${page(go)} | **42.00%** | 🔴 ▼ −32.00 | 33.33% (1 of 3) |`),
  );
  assert(text.includes(`| [<code>py</code>]${page(py)} | **60.00%** | 🟢 ▲ +10.00 | – |`));
  assert(
    text.includes(
      `[<code>php</code>]${
        page(php)
      }<br><sub>of the older commit <code>01234567</code></sub> | **50.00%** | – |`,
    ),
  );
  assert(text.indexOf("php</code>]") < text.indexOf("py</code>]"));
  assert(text.includes(
    "<code>go</code>: 2 changed lines not covered, 1 changed file not measured, " +
      "2 other files changed coverage</summary>",
  ));
  assert(
    text.includes(`- [<code>a&#46;ts</code>](<${BLOB}/a.ts>) 33.33%: [3-4](<${BLOB}/a.ts#L3-L4>)`),
  );
  assert(text.includes(`- [<code>new&#46;ts</code>](<${BLOB}/new.ts>)`));
  const indirect = text.split("does not touch**")[1]!.split("</details>")[0]!.trim();
  assert.equal(
    indirect,
    "- <code>other&#46;ts</code> 100.00% → 70.00% 🔴 ▼ −30.00\n" +
      "- <code>more&#46;ts</code> 40.00% → 50.00% 🟢 ▲ +10.00",
  );
  assert.match(text, /Compared with the newest upload of main that is not newer\./);
  const only = await comment(test, { language: "py" });
  assert.deepEqual([/\[<code>go/.test(only), /\[<code>py/.test(only)], [false, true]);
});

Deno.test("a comment says what is not known, and nothing of files whose diff it does not have", async () => {
  await using test = await testApp();
  await upload(test, { "a.ts": 10 });
  await upload(test, { "a.ts": 5 }, HEAD);
  const plain = await comment(test);
  assert.doesNotMatch(plain, /touch|null|undefined|NaN/);
  assert.match(plain, /<summary><code>go<\/code>: compared with <code>main<\/code><\/summary>/);
  await upload(test, { "a.ts": 5 }, { ...HEAD, diff: "fatal: bad revision" });
  assert.match(await comment(test), /changed lines unknown<[^]* is not a unified diff/);
  await upload(test, { "a.ts": 5 }, { ...HEAD, language: "c" });
  assert.match(
    await comment(test, { base: "@org/none" }),
    /<code>&#64;org\/none<\/code> has no earlier upload in c\./,
  );
  const missing = await test.get(
    "/coverages-api/compare?org_name=acme&repo_name=shop&base=main&head=none",
    { headers: { accept: "text/markdown" } },
  );
  assert.equal(missing.status, 404);
  assert.equal((await missing.json()).error, "acme/shop has no coverage of branch none.");
});

Deno.test("a comment of many files names the first 20, and one of many languages is cut", async () => {
  await using test = await testApp();
  const names = Array.from({ length: 23 }, (_, at) => `${"src/".repeat(40)}${at}.ts`);
  const files = Object.fromEntries(names.map((name) => [name, 0]));
  const diff = names.map((name) =>
    [1, 3, 5, 7, 9].map((line, at) =>
      at === 0 ? diffOf(name, line, 1) : `@@ -${line},1 +${line},1 @@\n-\n+\n`
    ).join("")
  ).join("");
  const id = await upload(test, files, { ...HEAD, diff });
  const text = await comment(test);
  assert.equal(text.match(/^- \[<code>/gm)!.length, 20);
  assert(text.includes(`- and [3 more]${page(id)}`));
  const last = await upload(test, files, { ...HEAD, language: "ts", diff });
  const cut = await comment(test);
  assert(cut.length > 50_000 && cut.length < 65_536, `${cut.length}`);
  assert(cut.endsWith(`The rest is too long for a comment: see [the upload]${page(last)}.\n`));
  assert.equal(cut.match(/<details>/g)!.length, cut.match(/<\/details>/g)!.length);
  assert.equal(cut.match(/^\| \[/gm)!.length, 2, "the table is whole");
});
