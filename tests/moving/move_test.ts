import assert from "node:assert/strict";
import { coverageColumns, repositoryColumns } from "../../src/moving/format.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { goodReport, gzip, tar } from "../support/archive.ts";
import { testDatabase } from "../support/database.ts";
import { emptyTables, exported, gunzipped, imported } from "../support/exported.ts";
import { seed } from "../support/seed.ts";

/** Uploads to several repositories, branches and languages, one of them synced away. */
async function uploads(test: TestApp): Promise<void> {
  const report = await gzip(tar(goodReport()));
  for (
    const fields of [
      {},
      {},
      { branch_name: "feature/größe_fs_1", commit_author: 'Ada "L" <x>\u2028' },
      { branch_name: "gone" },
      { language: "c++" },
      { org_name: "Globex", repo_name: "A.b", commit_author: "李雷" },
      { org_name: "Globex", repo_name: "A.b", commit_author: "李雷", branch_name: "z" },
    ]
  ) {
    const response = await test.upload(report, fields);
    assert.equal(response.status, 200, await response.text());
  }
  const synced = await test.get("/coverages-api", {
    method: "PUT",
    body: JSON.stringify({
      org_name: "acme",
      repo_name: "shop",
      github_api_url: "https://api.github.com",
      commit_hash: "abcd",
      active_branches: ["main", "feature/größe_fs_1"],
    }),
    headers: { "content-type": "application/json" },
  });
  assert.equal(synced.status, 200, await synced.text());
  await test.sql`update repositories set oidc_identity = 'https://issuer 42' where id = 1`;
}

/** All that readers can see. */
async function answers(test: TestApp): Promise<Record<string, string>> {
  const paths = [
    "/coverages-api?full",
    "/coverages-api?org_name=globex",
    "/coverages-api/badge?org_name=acme&repo_name=shop&branch_name=main",
    "/coverages-api/badge?org_name=acme&repo_name=shop&branch_name=main&language=c%2B%2B",
    "/coverages-ui",
    "/coverages-ui?sort=coverage",
    "/coverages-ui/acme/shop",
    "/coverages-ui/globex/a.b",
    "/coverages-ui/globex/user/%E6%9D%8E%E9%9B%B7",
  ];
  const list = await (await test.get("/coverages-api")).json();
  const rows = Object.values(list.data).flat() as { report_url: string }[];
  paths.push(...rows.map(({ report_url }) => new URL(report_url).pathname));
  assert(paths.length > 12);
  const found: Record<string, string> = {};
  for (const path of paths) {
    const response = await test.get(path);
    found[path] = await response.text();
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${found[path]}`);
  }
  return found;
}

Deno.test("what was exported and imported answers as before, byte for byte", async () => {
  await using test = await testApp();
  await uploads(test);
  const [before] = await test.sql`select id from identity`;
  const seen = await answers(test);
  assert.match(seen["/coverages-ui/acme/shop"]!, /feature\/größe_fs_1/);
  const file = await exported(test.sql);
  const tables = await rowsOf(test);

  await emptyTables(test.sql);
  await assert.rejects(answers(test), "there is nothing to see");
  const known: string[] = [];
  const amount = await imported(test.sql, file, {
    stored: (id) => Promise.resolve(void known.push(id)),
  });
  assert.deepEqual(amount, { repositories: 2, coverages: 7 });
  assert.deepEqual(await answers(test), seen);
  assert.deepEqual(await rowsOf(test), tables, "every column is as it was");
  assert.deepEqual([...await test.sql`select id from identity`], [before]);
  const stored = await test.sql<{ report_id: string }[]>`
    select report_id from coverages where report_stored order by id`;
  assert.deepEqual(known, stored.map(({ report_id }) => report_id));
  const withoutDate = async (bytes: Uint8Array<ArrayBuffer>) =>
    (await gunzipped(bytes)).replace(/"exported_at":"[^"]*"/, "");
  assert.equal(await withoutDate(await exported(test.sql)), await withoutDate(file));

  const next = await (await test.upload(await gzip(tar(goodReport())), { repo_name: "new" }))
    .json();
  assert.equal(next.coverage.id, 8, "ids go on behind those of the file");
  const [repository] = await test.sql`select id::int from repositories where repo_name = 'new'`;
  assert.equal(repository!.id, 3);
});

/** Everything, the derived columns included, with all digits of its times. */
async function rowsOf({ sql }: TestApp): Promise<unknown[]> {
  return [
    ...await sql`select row_to_json(r)::text from repositories r order by id`,
    ...await sql`select row_to_json(c)::text from coverages c order by id`,
  ];
}

Deno.test("an export has every column but those that an import derives", async () => {
  await using database = await testDatabase();
  const columns = async (table: string) =>
    (await database.sql<{ name: string }[]>`
      select column_name as name from information_schema.columns
      where table_schema = 'public' and table_name = ${table}`).map(({ name }) => name).sort();
  const derived = ["default_branches", "languages", "main_branch", "newest_at", "percentage"];
  assert.deepEqual(await columns("repositories"), [...repositoryColumns, ...derived].sort());
  assert.deepEqual(await columns("coverages"), [...coverageColumns, "newest"].sort());
  const tables = await database.sql<{ name: string }[]>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' order by 1`;
  assert.deepEqual(tables.map(({ name }) => name), [
    "coverages",
    "identity",
    "migrations",
    "repositories",
  ]);
});

Deno.test("an empty database moves as well, and more rows than one statement takes", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const none = await exported(sql);
  assert.deepEqual(await imported(sql, none), { repositories: 0, coverages: 0 });
  await seed(sql);
  const [first] = await sql`select id::int as id from coverages`;
  assert.equal(first!.id, 1);
  // All but the newest superseded, as uploads one after the other leave them.
  await sql`
    insert into coverages (repository_id, branch_name, commit_hash, commit_author, language,
      percentage, format, report_id, deleted_at, newest, report_stored)
    select 1, 'main', 'abcd', 'ada', 'go', n % 101, 'clover', gen_random_uuid(),
      clock_timestamp(), false, false
    from generate_series(1, 2500) n`;
  await sql`update coverages set newest = false, deleted_at = created_at where id = 1`;
  await sql`
    update coverages set newest = true, deleted_at = null, report_stored = true where id = 2501`;
  const file = await exported(sql);
  await emptyTables(sql);
  const told: number[] = [];
  const amount = await imported(sql, file, { progress: (count) => void told.push(count) });
  assert.deepEqual(amount, { repositories: 1, coverages: 2501 });
  assert.deepEqual(told, [1000, 2000, 2501]);
  const [newest] = await sql`select array_agg(id::int) as ids from coverages where newest`;
  assert.deepEqual(newest!.ids, [2501]);
});
