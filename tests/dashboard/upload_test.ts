import assert from "node:assert/strict";
import type { FileSummary } from "../../src/reports/file_lines.ts";
import { createUploadPageHandler } from "../../src/dashboard/upload.tsx";
import { type TestApp, testApp } from "../support/app.ts";
import { seed } from "../support/seed.ts";

const file = (
  path: string,
  linesCovered: number,
  linesValid: number,
  uncovered = "",
): FileSummary => ({
  path,
  linesCovered,
  linesValid,
  uncovered,
});

/** The page of an upload whose reports have these files. */
async function page(
  test: TestApp,
  path: string,
  files: Readonly<Record<string, FileSummary[]>> = {},
): Promise<string> {
  const handler = createUploadPageHandler({
    sql: test.sql,
    config: test.dependencies.config,
    readFiles: ({ report_id }) => Promise.resolve(files[report_id]),
  });
  const url = new URL(`http://host/coverages-ui/${path}`);
  const [, , org, repo, , id] = url.pathname.split("/");
  const params = { org, repo, id };
  const context = { url, params, requestId: "1", direct: true, client: "127.0.0.1" };
  const response = await handler(new Request(url), context);
  assert.equal(response.status, 200);
  return await response.text();
}

const idOf = async (test: TestApp, reportId: string): Promise<number> => {
  const [row] = await test.sql`select id from coverages where report_id = ${reportId}`;
  return Number(row!.id);
};

/** The rows of a list, as a reader sees them. */
function rows(html: string, list: "Files" | "Folders"): string[] {
  const items = html.split(`aria-label="${list}"`)[1]?.split("</ul>")[0]?.split("<li") ?? [];
  return items.slice(1).map((item) =>
    item.replaceAll(/<[^>]*>|^[^>]*>/g, " ").replaceAll(/\s+/g, " ").trim()
  );
}

Deno.test("an upload's page has its percentage, and its change against the main branch", async () => {
  await using test = await testApp();
  await seed(test.sql, { percentage: 40, commit_hash: "abcdef0123" });
  const base = await idOf(test, await seed(test.sql, { percentage: 50 }));
  await seed(test.sql, { percentage: 99, language: "python" });
  const id = await idOf(
    test,
    await seed(test.sql, { branch_name: "feature/a", percentage: 52.25, commit_author: "grace" }),
  );
  const html = await page(test, `ACME/Shop/uploads/${id}`);
  assert.match(html, /<h1 id="name">go on <bdi>feature\/a<\/bdi>/);
  assert.match(html, /52\.25%[^]*change up[^>]*>\+2\.25[^]*main<\/bdi> at 01234567/);
  assert.match(html, new RegExp(`href="/coverages-ui/acme/shop/uploads/${base}"`));
  assert.match(html, /href="\/coverages-ui\/acme\/user\/grace"/);
  assert.match(html, /HTML report/);
  assert.match(html, /No lines are known: the coverage file \(cobertura\) has none/);
  const ofMain = await page(test, `acme/shop/uploads/${base}`);
  assert.match(ofMain, /main branch[^]*\+10\.00[^]*the previous upload/);
});

Deno.test("an upload is found only under its repository", async () => {
  await using test = await testApp();
  const id = await idOf(test, await seed(test.sql));
  await seed(test.sql, { repo_name: "bank" });
  const get = async (path: string) => {
    const response = await test.get(`/coverages-ui/${path}`);
    return response.status;
  };
  assert.equal(await get(`acme/shop/uploads/${id}`), 200);
  assert.equal(await get(`acme/bank/uploads/${id}`), 404);
  assert.equal(await get("acme/shop/uploads/99999"), 404);
  assert.equal(await get(`acme/shop/uploads/${"9".repeat(30)}`), 404);
  assert.equal(await get(`acme/shop/uploads/${id}?sort=size`), 422);
});

Deno.test("a superseded upload leads to the newest, and says what is no longer stored", async () => {
  await using test = await testApp();
  const old = await idOf(test, await seed(test.sql));
  const newest = await idOf(test, await seed(test.sql));
  await test.sql`update coverages set report_stored = false where id = ${old}`;
  const html = await page(test, `acme/shop/uploads/${old}`);
  assert.match(html, /superseded/);
  assert.match(html, new RegExp(`uploads/${newest}">newest upload of this branch`));
  assert.match(html, /The HTML report is no longer stored/);
  assert.match(html, /The lines of this upload are no longer stored/);
});

Deno.test("files are worst first, with uncovered lines and the change against the base", async () => {
  await using test = await testApp();
  const base = await seed(test.sql, { percentage: 50 });
  const coverage = { percentage: 50, linesCovered: 58, linesValid: 116, format: "cobertura" };
  const own = await seed(test.sql, { branch_name: "b", coverage });
  const id = await idOf(test, own);
  const files = {
    [base]: [file("src/a.ts", 8, 10), file("src/b/c.ts", 1, 2), file("src/gone.ts", 0, 100)],
    [own]: [
      file("src/a.ts", 9, 10, "7"),
      file("src/b/c.ts", 1, 2, "12"),
      file("src/b/new.ts", 0, 4, "1-4"),
      file("src/types.ts", 0, 0),
      file(
        "src/big.ts",
        10,
        100,
        Array.from({ length: 45 }, (_, i) => `${i * 9}-${i * 9 + 1}`).join(),
      ),
    ],
  };
  const html = await page(test, `acme/shop/uploads/${id}`, files);
  assert.deepEqual(rows(html, "Files").map((row) => row.replace(/0-1,.*more.*361.*397/, "…")), [
    "src/b/new.ts Uncovered: 1-4 0 of 4 lines 0.00% new",
    "src/big.ts Uncovered: … 10 of 100 lines 10.00% new",
    "src/b/c.ts Uncovered: 12 1 of 2 lines 50.00% 0.00",
    "src/a.ts Uncovered: 7 9 of 10 lines 90.00% +10.00",
    "src/types.ts 0 of 0 lines no lines new",
  ]);
  assert.match(html, /<details><summary[^>]*>Uncovered: 0-1, [^<]* and \d+ more/);
  assert.deepEqual(rows(html, "Folders"), ["src/b/ 2 files 1 of 6 lines 16.67% −33.33"]);
  assert.match(html, /add up to 20 of 116 lines/);
  const paths = async (query: string) =>
    rows(await page(test, `acme/shop/uploads/${id}${query}`, files), "Files")
      .map((row) => row.split(" ")[0]);
  assert.deepEqual((await paths("?order=desc"))[0], "src/a.ts");
  assert.deepEqual((await paths("?sort=missed"))[0], "src/big.ts");
  assert.deepEqual(await paths("?sort=change"), [
    ...["src/b/c.ts", "src/a.ts", "src/big.ts", "src/b/new.ts", "src/types.ts"],
  ]);
  assert.deepEqual((await paths("?sort=path&order=desc"))[0], "src/types.ts");
  assert.deepEqual(await paths("?q=B/"), ["src/b/new.ts", "src/b/c.ts"]);
  assert.deepEqual(await paths("?folder=src/b/"), ["new.ts", "c.ts"]);
  const none = await page(test, `acme/shop/uploads/${id}?q=zzz`, files);
  assert.match(none, /No files match “zzz”/);
});

Deno.test("a folder that contains only one folder is merged into its row", async () => {
  await using test = await testApp();
  const own = await seed(test.sql);
  const id = await idOf(test, own);
  const files = {
    [own]: [
      file("com/acme/shop/cart/Cart.java", 1, 2),
      file("com/acme/shop/util/deep/Money.java", 2, 2),
      file("com/acme/shop/util/deep/Tax.java", 0, 2),
    ],
  };
  const html = await page(test, `acme/shop/uploads/${id}`, files);
  assert.deepEqual(rows(html, "Folders"), [
    "com/acme/shop/util/deep/ 2 files 2 of 4 lines 50.00%",
    "com/acme/shop/cart/ 1 file 1 of 2 lines 50.00%",
  ]);
  assert.doesNotMatch(html, /vs base|>new</);
});

Deno.test("what full paths begin with is shown once", async () => {
  await using test = await testApp();
  const own = await seed(test.sql);
  const id = await idOf(test, own);
  const root = "/home/runner/work/shop/shop/";
  const files = {
    [own]: [
      file(`${root}src/a.ts`, 1, 2),
      file(`${root}src/b/c.ts`, 2, 2),
      file(`${root}d.ts`, 1, 1),
    ],
  };
  const html = await page(test, `acme/shop/uploads/${id}`, files);
  assert.match(html, /3 files in \/home\/runner\/work\/shop\/shop\/\./);
  assert.deepEqual(rows(html, "Files").map((row) => row.split(" ")[0]), [
    ...["src/a.ts", "d.ts", "src/b/c.ts"],
  ]);
  assert.deepEqual(rows(html, "Folders"), ["src/ 2 files 3 of 4 lines 75.00%"]);
  const below = await page(test, `acme/shop/uploads/${id}?folder=${root}src/b/`, files);
  const [, path] = /aria-label="Folders">(.*?)<\/nav>/.exec(below)!;
  assert.equal(path!.replaceAll(/<[^>]*>/g, ""), "All files / src / b");
  assert(path!.includes(`folder=${encodeURIComponent(`${root}src/`)}`), path);
});

Deno.test("the page explains why a tool's report shows another percentage", async () => {
  await using test = await testApp();
  const note = async (format: string, language: string) => {
    const coverage = { percentage: 50, linesCovered: null, linesValid: null, format };
    const id = await idOf(test, await seed(test.sql, { language, coverage }));
    return await page(test, `acme/shop/uploads/${id}`);
  };
  assert.match(await note("cobertura", "python"), /coverage\.py's report mixes lines and branches/);
  assert.doesNotMatch(await note("cobertura", "go"), /coverage\.py/);
  assert.match(await note("jacoco", "java"), /JaCoCo's report shows instructions first/);
  assert.match(await note("jacoco-instruction", "java"), /this number counts instructions/);
  assert.match(await note("go-statements", "go"), /as go tool cover does/);
});
