import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { deleteCoverages, type Deletion } from "../../src/db/delete_coverages.ts";
import { ON_POSTGRES, testDatabase } from "../support/database.ts";
import { DEFAULT_BRANCHES, newCoverage, seed } from "../support/seed.ts";
import { deleteOtherBranches } from "../../src/db/coverages.ts";
import { addCoverage } from "../../src/db/add_coverage.ts";
import { readConfig } from "../../src/config.ts";

const SHOP = { org_name: "acme", repo_name: "shop", branch_name: undefined, id: undefined };
const keeping = readConfig({ KEEP_SUPERSEDED: "9" });

const remove = (sql: Sql, deletion: Partial<Deletion> = {}, dryRun = false) =>
  deleteCoverages(sql, { ...SHOP, ...deletion }, { defaultBranches: DEFAULT_BRANCHES, dryRun });

/** Each upload as `branch percentage`, a star before the active ones. */
async function uploads(sql: Sql): Promise<string[]> {
  const rows = await sql<{ line: string }[]>`
    select case when deleted_at is null then '*' else '' end || branch_name || ' '
      || percentage::float8 as line
    from coverages order by id`;
  return rows.map(({ line }) => line);
}

Deno.test("a whole repository is deleted, under any spelling, and no other", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const reports = [await seed(sql), await seed(sql, { branch_name: "dev" })];
  await seed(sql, { repo_name: "other", percentage: 7 });
  const expected = { uploads: 2, reports };
  assert.deepEqual(await remove(sql, { org_name: "ACME" }, true), expected);
  assert.equal((await uploads(sql)).length, 3, "a dry run deletes nothing");
  assert.deepEqual(await remove(sql, { org_name: "ACME" }), expected);
  assert.deepEqual(await uploads(sql), ["*main 7"]);
  assert.deepEqual((await sql`select repo_name from repositories`).map((row) => row.repo_name), [
    "other",
  ]);
  assert.equal(await remove(sql), undefined);
});

Deno.test("a branch is deleted, and its repository has another main branch", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  await seed(sql, { branch_name: "dev", percentage: 20 });
  await seed(sql, { branch_name: "main", percentage: 30 });
  assert.equal((await remove(sql, { branch_name: "main" }))?.uploads, 1);
  assert.deepEqual(await uploads(sql), ["*dev 20"]);
  const [line] = await sql`select main_branch, percentage::float8 as percentage from repositories`;
  assert.deepEqual({ ...line }, { main_branch: "dev", percentage: 20 });
  assert.deepEqual(await remove(sql, { branch_name: "main" }), { uploads: 0, reports: [] });
});

Deno.test("after an upload is deleted the one before counts, if its report is stored", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  for (const percentage of [10, 20, 30]) {
    await addCoverage(sql, newCoverage({ percentage }), keeping);
  }
  const id = async (percentage: number) =>
    (await sql`select id::float8 as id from coverages where percentage = ${percentage}`)[0]!.id;
  await remove(sql, { id: await id(30) });
  assert.deepEqual(await uploads(sql), ["main 10", "*main 20"]);
  await remove(sql, { id: await id(10) });
  assert.deepEqual(await uploads(sql), ["*main 20"]);
  await addCoverage(sql, newCoverage({ percentage: 40 }), keeping);
  await sql`update coverages set report_stored = false where percentage = 20`;
  await remove(sql, { id: await id(40) });
  assert.deepEqual(await uploads(sql), ["main 20"]);
});

Deno.test("the parts of an upload are deleted with it", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const reports = [await seed(sql, { part: "a" }), await seed(sql, { part: "b" })];
  const deleted = await remove(sql);
  assert.equal(deleted?.uploads, 1);
  assert.deepEqual(deleted.reports.toSorted(), reports.toSorted());
  assert.deepEqual(await Array.fromAsync(await sql`select from parts`), []);
});

Deno.test({
  name: "uploads and syncs wait for a deletion and are stored (needs a Postgres at DATABASE_URL)",
  ignore: !ON_POSTGRES,
  async fn() {
    await using database = await testDatabase();
    const { sql } = database;
    const sync = () =>
      deleteOtherBranches(sql, { ...SHOP, active_branches: ["a", "b"] }, readConfig({}));
    for (let round = 0; round < 30; round++) {
      const stored = [seed(sql, { branch_name: "a" }), seed(sql, { branch_name: "b" })];
      await Promise.all([...stored, remove(sql), sync(), remove(sql, { branch_name: "b" })]);
    }
    await seed(sql);
    const ids = await sql`select id::float8 as id from coverages`;
    await Promise.all([...ids.map(({ id }) => remove(sql, { id })), seed(sql, { percentage: 9 })]);
    assert((await uploads(sql)).includes("*main 9"));
  },
});
