import assert from "node:assert/strict";
import { join } from "node:path";
import { importDashboard } from "../../tools/import_dashboard/import.ts";
import { readRows } from "../../tools/import_dashboard/source.ts";
import { OperatorError } from "../../src/errors.ts";
import { type OldDashboard, oldDashboard } from "../support/dashboard_source.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { goodReport, gzip, tar } from "../support/archive.ts";
import { storedReports, tree } from "../support/reports.ts";
import { DEFAULT_BRANCHES } from "../support/seed.ts";

/** Copies it, or only looks; returns the totals and what was printed. */
async function copy(
  { sql, store }: TestApp,
  { database, assets }: OldDashboard,
  { dryRun = false } = {},
) {
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  const options = { sql, store, assets, defaultBranches: DEFAULT_BRANCHES, dryRun, print };
  const totals = await importDashboard(await readRows(database), options);
  return { totals, lines };
}

async function text(test: TestApp, path: string, status = 200): Promise<string> {
  const response = await test.open(path);
  const text = await response.text();
  assert.equal(response.status, status, `${path}: ${text}`);
  return text;
}

interface Listed {
  id: number;
  branch_name: string;
  language: string;
  percentage: number;
  created_at: string;
  deleted_at?: string;
  report_url: string;
}

async function list(test: TestApp, query = ""): Promise<Listed[]> {
  const { data } = JSON.parse(await text(test, `/coverages-api${query}`));
  return Object.values(data).flat() as Listed[];
}

Deno.test("numbers, trend, badge and reports of a code-coverage-dashboard are copied", async () => {
  await using old = await oldDashboard();
  await using test = await testApp();
  old.add(
    {
      percentage: "41.5",
      deleted_at: "2022-04-26 09:30:00+09:00",
      updated_at: "2022-04-26 09:30:00+09:00",
    },
    { percentage: "33.03", created_at: "2022-04-26 09:30:00.5+09:00" },
    { branch_name: "feature/x", commit_author: "李雷", percentage: "100" },
    { org_name: "globex", repo_name: "a.b", language: "php", percentage: "0.5" },
  );
  await old.write("acme/shop/main", "coverage/index.html", "<h1>of main</h1>");
  await old.write("acme/shop/main", "coverage/coverage.xml", "<x/>");
  await old.write("acme/shop/feature_fs_x", "index.html", "<h1>of x</h1>");
  await old.write("globex/a.b/main", "deep/er/page.htm", "<h1>of globex</h1>");

  const { totals, lines } = await copy(test, old);
  assert.deepEqual(totals, {
    repositories: 2,
    uploads: 4,
    reports: 3,
    withoutReport: 0,
    skippedRows: 0,
    skippedRepositories: 0,
  });
  assert.deepEqual(lines, [
    "acme/shop: 3 uploads, 2 of them active; 2 reports with 3 files, 33 bytes.",
    "globex/a.b: 1 uploads, 1 of them active; 1 reports with 1 files, 18 bytes.",
  ]);

  const history = await list(test, "?full=1&org_name=acme");
  assert.deepEqual(
    history.map(({ id, branch_name, percentage, created_at, deleted_at }) => [
      id,
      branch_name,
      percentage,
      created_at,
      deleted_at,
    ]),
    [
      [1, "main", 41.5, "2022-04-25T00:30:00.123Z", "2022-04-26T00:30:00.000Z"],
      [2, "main", 33.03, "2022-04-26T00:30:00.500Z", undefined],
      [3, "feature/x", 100, "2022-04-25T00:30:00.123Z", undefined],
    ],
  );
  const badge = "/coverages-api/badge?org_name=acme&repo_name=shop&branch_name=main";
  assert.match(await text(test, badge), /33\.03%/);
  for (const { report_url, branch_name, language } of await list(test)) {
    const page = await text(test, new URL(report_url).pathname);
    assert.match(page, language === "php" ? /globex/ : branch_name === "main" ? /main/ : /of x/);
  }
  assert.equal(
    await text(test, "/coverages-api/assets/acme/shop/main/archive/coverage/coverage.xml"),
    "<x/>",
    "old links to files still work",
  );
  assert.match(await text(test, "/coverages-ui"), /from 41\.50% to 33\.03%/);
  assert.match(await text(test, "/coverages-ui/acme/shop"), /feature\/x/);
  const { published, staged } = await storedReports(test.reports);
  assert.deepEqual([published.length, staged.length], [3, 0]);

  const next = await test.upload(await gzip(tar(goodReport())));
  const { data } = await next.json();
  assert.deepEqual(
    data.map(({ id }: Listed) => id),
    [3, 5],
    "the next upload continues the series",
  );
});

Deno.test("a dry run prints the same and changes nothing; a second run copies nothing twice", async () => {
  await using old = await oldDashboard();
  await using test = await testApp();
  old.add({}, { repo_name: "other" });
  await old.write("acme/shop/main", "index.html", "report");
  const dry = await copy(test, old, { dryRun: true });
  assert.equal((await test.sql`select from repositories`).length, 0);
  assert.deepEqual((await storedReports(test.reports)).published, []);

  const wet = await copy(test, old);
  assert.deepEqual(wet, dry);
  assert.deepEqual(wet.lines, [
    "acme/shop: 1 uploads, 1 of them active; 1 reports with 1 files, 6 bytes.",
    "acme/other: 1 uploads, 1 of them active; 0 reports with 0 files, 0 bytes.",
    '  "main" in go has no report.',
  ]);
  const before = [...await test.sql`select * from coverages order by id`];
  const reports = await storedReports(test.reports);

  old.add({ org_name: "ACME", repo_name: "Shop", branch_name: "late" }, { repo_name: "third" });
  for (const again of [await copy(test, old, { dryRun: true }), await copy(test, old)]) {
    assert.deepEqual(again.lines, [
      "acme/shop already exists; skipped.",
      "acme/other already exists; skipped.",
      "acme/third: 1 uploads, 1 of them active; 0 reports with 0 files, 0 bytes.",
      '  "main" in go has no report.',
    ]);
    assert.deepEqual([again.totals.repositories, again.totals.skippedRepositories], [1, 2]);
  }
  const after = [...await test.sql`select * from coverages order by id`];
  assert.deepEqual(after.slice(0, before.length), before);
  assert.equal(after.length, before.length + 1);
  const { published } = await storedReports(test.reports);
  assert.equal(published.length, reports.published.length + 1);
});

Deno.test("the newest of several active rows stays active, and the newest language gets the report", async () => {
  await using old = await oldDashboard();
  await using test = await testApp();
  old.add(
    { percentage: "1", created_at: "2022-01-01 00:00:00+00:00" },
    { percentage: "2", created_at: "2022-01-02 00:00:00+00:00" },
    { percentage: "3", created_at: "2022-01-03 00:00:00+00:00" },
    { percentage: "4", language: "js" },
    // Deleted by hand, after the active one.
    { percentage: "5", deleted_at: "2022-01-05 00:00:00+00:00" },
    // A branch that somebody has deleted.
    { branch_name: "gone", deleted_at: "2022-01-05 00:00:00+00:00" },
    // The dashboard has one folder for these two.
    { branch_name: "a/b" },
    { branch_name: "a_fs_b" },
  );
  await old.write("acme/shop/main", "index.html", "js");
  await old.write("acme/shop/a_fs_b", "index.html", "the last one's");
  const { totals, lines } = await copy(test, old);
  assert.deepEqual([totals.uploads, totals.reports, totals.withoutReport], [8, 2, 2]);
  assert.deepEqual(lines.slice(1), [
    '  "main" in go has no report.',
    '  "a/b" in go has no report.',
  ]);

  const rows = await list(test, "?full=1");
  assert.deepEqual(
    rows.filter(({ branch_name, language }) => branch_name === "main" && language === "go")
      .map(({ percentage, deleted_at }) => [percentage, deleted_at]),
    [
      [1, "2022-01-02T00:00:00.000Z"],
      [2, "2022-01-03T00:00:00.000Z"],
      [5, "2022-01-05T00:00:00.000Z"],
      [3, undefined],
    ],
  );
  const badge = "/coverages-api/badge?org_name=acme&repo_name=shop&branch_name=main";
  assert.match(await text(test, `${badge}&language=go`), />3\.00%</);
  const [js, go] = (await list(test)).filter(({ branch_name }) => branch_name === "main")
    .map(({ report_url }) => new URL(report_url).pathname);
  assert.match(await text(test, go!), /had no report of this upload/);
  assert.equal(await text(test, js!), "js");
  const newest = await test.sql`
    select branch_name, language, deleted_at is null as active from coverages where newest
    order by branch_name, language`;
  assert.deepEqual([...newest], [
    { branch_name: "a/b", language: "go", active: true },
    { branch_name: "a_fs_b", language: "go", active: true },
    { branch_name: "gone", language: "go", active: false },
    { branch_name: "main", language: "go", active: true },
    { branch_name: "main", language: "js", active: true },
  ]);
});

Deno.test("rows that no upload could have made are skipped and listed", async () => {
  await using old = await oldDashboard();
  await using test = await testApp();
  const spoilt: [string, string | null, string][] = [
    ["repo_name", "..", 'repo_name is ".."; it must not be . or ..'],
    ["org_name", "a/b", 'org_name is "a/b"; it must be 1 to 100 of A-Z a-z 0-9 . _ -'],
    ["branch_name", "../../etc", 'branch_name is "../../etc"; it must be a branch name'],
    ["branch_name", "", 'branch_name is ""; it must not be empty'],
    ["commit_hash", "a b c d", 'commit_hash is "a b c d"; it must be 1 to 255 characters'],
    ["commit_author", " ", 'commit_author is " "; it must not be empty'],
    ["language", "archive", 'language is "archive"; it must not be archive'],
    ["percentage", "NaN", 'percentage is "NaN"; it must be a number from 0 to 100'],
    ["percentage", "100.01", 'percentage is "100.01"; it must be a number from 0 to 100'],
    ["created_at", null, "created_at is null; it must be a time like"],
    ["created_at", "yesterday", 'created_at is "yesterday"; it must be a time like'],
    ["deleted_at", "0000-00-00 00:00:00", 'deleted_at is "0000-00-00 00:00:00"; it must be a time'],
  ];
  old.add({ commit_hash: "abc" }, ...spoilt.map(([column, value]) => ({ [column]: value })));
  await Deno.writeTextFile(join(old.assets, "..", "secret"), "secret");
  const { totals, lines } = await copy(test, old);
  assert.deepEqual([totals.skippedRows, totals.uploads], [spoilt.length, 1]);
  for (const [place, [, , sentence]] of spoilt.entries()) {
    const line = lines.find((line) => line.startsWith(`Skipped: row ${place + 2} of "`));
    assert(line?.includes(sentence), `${line} has ${sentence}`);
  }
  assert.equal((await list(test, "?full=1")).length, 1);
});

Deno.test("only files and folders of a report are copied, and no link is followed", async () => {
  await using old = await oldDashboard();
  await using test = await testApp();
  old.add({}, { branch_name: "linked" }, { branch_name: "empty" }, { org_name: "outside" });
  const page = await old.write("acme/shop/main", "html/index.html", "page");
  const report = join(old.assets, "acme/shop/main/archive");
  const secret = join(old.assets, "../secret");
  await Deno.mkdir(secret);
  await Deno.writeTextFile(join(secret, "index.html"), "secret");
  await Deno.symlink(secret, join(report, "folder"));
  await Deno.symlink(join(secret, "index.html"), join(report, "html/link.html"));
  if (Deno.build.os !== "windows") {
    await Deno.writeTextFile(join(report, "a\\..\\b"), "named to climb where \\ separates");
    const fifo = await new Deno.Command("mkfifo", { args: [join(report, "fifo")] }).output();
    assert(fifo.success);
  }
  await Deno.mkdir(join(report, "none"));
  await Deno.mkdir(join(old.assets, "acme/shop/linked"));
  await Deno.symlink(report, join(old.assets, "acme/shop/linked/archive"));
  await Deno.mkdir(join(old.assets, "acme/shop/empty/archive/folder"), { recursive: true });
  await Deno.symlink(join(old.assets, "acme"), join(old.assets, "outside"));

  const { totals, lines } = await copy(test, old);
  assert.deepEqual([totals.reports, totals.withoutReport], [1, 3]);
  const prefix = '  Skipped: "acme/shop/main/archive/';
  assert.deepEqual(lines.filter((line) => line.startsWith(prefix)).sort(), [
    ...(Deno.build.os === "windows" ? [] : [
      `${prefix}a\\\\..\\\\b" has a name that is not allowed.`,
      `${prefix}fifo" is not a file or folder.`,
    ]),
    `${prefix}folder" is a symbolic link.`,
    `${prefix}html/link.html" is a symbolic link.`,
  ]);
  const [row] = await test.sql<{ report_id: string; report_index: string }[]>`
    select report_id, report_index, report_files, report_bytes::int from coverages where id = 1`;
  assert.deepEqual(
    { ...row, report_id: "" },
    { report_id: "", report_index: "html/index.html", report_files: 1, report_bytes: 4 },
  );
  assert.deepEqual(await tree(test.store.folder(row!.report_id)), [
    "html/",
    "html/index.html",
    "none/",
  ]);
  assert.equal(await Deno.readTextFile(page), "page", "the original file stays");
});

Deno.test("a repository whose reports cannot be written is not copied and leaves nothing behind", async () => {
  await using old = await oldDashboard();
  const full = new Error("No space left on device");
  let writes = 0;
  await using test = await testApp({
    store: (store) =>
      new Proxy(store, {
        get(target, name) {
          if (name !== "stage") {
            const value = Reflect.get(target, name);
            return typeof value === "function" ? value.bind(target) : value;
          }
          return async () => {
            const staged = await target.stage();
            const writeFile: typeof staged.writeFile = async (path, content) => {
              await staged.writeFile(path, content);
              if (++writes === 3) throw full;
            };
            return { ...staged, writeFile };
          };
        },
      }),
  });
  old.add({ repo_name: "first" }, {}, { branch_name: "x" });
  await old.write("acme/first/main", "index.html", "a");
  await old.write("acme/shop/main", "index.html", "b");
  await old.write("acme/shop/x", "index.html", "c");
  await assert.rejects(copy(test, old), /shop.* cannot be copied: No space left on device\.$/);
  const { published, staged } = await storedReports(test.reports);
  assert.deepEqual([published.length, staged.length], [1, 0]);
  assert.deepEqual((await list(test)).map(({ percentage }) => percentage), [33.03]);

  const { totals } = await copy(test, old);
  assert.deepEqual(
    [totals.repositories, totals.skippedRepositories],
    [1, 1],
    "a second run continues",
  );
});

Deno.test("a database that cannot be read is reported in a sentence without its password", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const missing = join(folder, "missing.db");
    await assert.rejects(readRows(missing), (error) => {
      assert(error instanceof OperatorError);
      assert.match(error.message, /missing\.db cannot be read: unable to open database file/);
      return true;
    });
    const other = join(folder, "other.db");
    await Deno.writeTextFile(other, "no database at all, but some text that is long enough");
    await assert.rejects(readRows(other), /OperatorError: .*file is not a database\.$/);
    await Deno.writeTextFile(other, "");
    await assert.rejects(readRows(other), /other\.db cannot be read: no such table: coverages\.$/);
    const password = "hush";
    for (
      const [port, reason] of [["1", /: .*ECONNREFUSED/], ["port", /: its address is not well/]]
    ) {
      await assert.rejects(readRows(`mysql://root:${password}@127.0.0.1:${port}/x`), (error) => {
        assert(error instanceof OperatorError);
        assert.match(error.message, /^The MySQL database cannot be read: /);
        assert.match(error.message, reason as RegExp);
        return !error.message.includes(password);
      });
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
