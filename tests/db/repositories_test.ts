import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { deleteOtherBranches } from "../../src/db/coverages.ts";
import { summariseAll } from "../../src/db/repositories.ts";
import { testDatabase } from "../support/database.ts";
import { DEFAULT_BRANCHES, seed } from "../support/seed.ts";
import { readConfig } from "../../src/config.ts";

interface Line {
  main_branch: string | null;
  percentage: number | null;
  languages: { language: string; percentage: number; trend: number[] }[] | null;
}

async function lineOf(sql: Sql, repo = "shop"): Promise<Line> {
  const [line] = await sql<Line[]>`
    select main_branch, percentage::float8 as percentage, languages from repositories
    where repo_name = ${repo}`;
  return line!;
}

const covered = (linesCovered: number, linesValid: number) => ({
  coverage: {
    percentage: linesCovered / linesValid * 100,
    linesCovered,
    linesValid,
    format: "cobertura",
  },
});

const sync = (sql: Sql, ...active_branches: string[]) =>
  deleteOtherBranches(
    sql,
    { org_name: "acme", repo_name: "shop", active_branches },
    readConfig({}),
  );

Deno.test("the main branch is the first of the default branches that is active, else the newest", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const expect = async (branch: string | null) =>
    assert.equal((await lineOf(sql)).main_branch, branch);
  await seed(sql, { branch_name: "feature/a" });
  await expect("feature/a");
  await seed(sql, { branch_name: "feature/b" });
  await expect("feature/b");
  await seed(sql, { branch_name: "trunk" });
  await seed(sql, { branch_name: "feature/c" });
  await expect("trunk");
  await seed(sql, { branch_name: "develop" });
  await expect("develop");
  await seed(sql, { branch_name: "main" });
  await seed(sql, { branch_name: "master" });
  await expect("main");
  await sync(sql, "feature/a", "feature/c");
  await expect("feature/c");
  await sync(sql, "none of them");
  assert.deepEqual(await lineOf(sql), { main_branch: null, percentage: null, languages: [] });
  await seed(sql, { branch_name: "main", percentage: 7 });
  await expect("main");
});

Deno.test("a pull request, a tag and a merge queue are never the main branch", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const refs = ["refs/tags/v1", "pull/7/head", "pull/7/merge", "gh-readonly-queue/main/pr-7-0a1b"];
  for (const branch_name of refs) await seed(sql, { branch_name });
  assert.deepEqual(await lineOf(sql), { main_branch: null, percentage: null, languages: [] });
  await seed(sql, { branch_name: "feature" });
  for (const branch_name of refs) await seed(sql, { branch_name });
  assert.equal((await lineOf(sql)).main_branch, "feature");
});

Deno.test("the language with the most lines comes first", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  await seed(sql, { language: "go", ...covered(50, 100) });
  await seed(sql, { language: "c", ...covered(1, 4) });
  await seed(sql, { language: "sh", percentage: 99 }); // a rate alone, no lines
  await seed(sql, { language: "go", ...covered(60, 100) });
  const { percentage, languages } = await lineOf(sql);
  assert.equal(percentage, 60);
  assert.deepEqual(languages!.map(({ language, trend }) => [language, trend]), [
    ["go", [50, 60]],
    ["c", [25]],
    ["sh", [99]],
  ]);
});

Deno.test("a trend has the last thirty uploads of its branch and language, oldest first", async () => {
  await using database = await testDatabase();
  for (let percentage = 1; percentage <= 35; percentage++) {
    await seed(database.sql, { percentage });
    await seed(database.sql, { percentage: 0, branch_name: "other" });
  }
  const { languages } = await lineOf(database.sql);
  assert.deepEqual(languages![0]!.trend, Array.from({ length: 30 }, (_, index) => index + 6));
});

Deno.test("concurrent uploads to one repository leave its summary correct", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const branches = ["main", ...Array.from({ length: 19 }, (_, index) => `feature/${index}`)];
  for (let round = 1; round <= 3; round++) {
    await Promise.all(branches.map((branch_name) => seed(sql, { branch_name, percentage: round })));
    await Promise.all([
      seed(sql, { branch_name: "main", percentage: round * 10 }),
      sync(sql, "main", "feature/3"),
    ]);
  }
  const line = await lineOf(sql);
  assert.equal(line.main_branch, "main");
  assert.equal(line.percentage, 30);
  assert.deepEqual(line.languages![0]!.trend, [1, 10, 2, 20, 3, 30]);
  const [last] = await sql`
    select r.newest_at = max(c.created_at) as right
    from repositories r join coverages c on c.repository_id = r.id group by r.id`;
  assert.equal(last!.right, true);
  const wrong = await sql`
    select branch_name, language from coverages group by 1, 2
    having count(*) filter (where newest) <> 1 or max(id) <> max(id) filter (where newest)`;
  assert.deepEqual([...wrong], []);
});

Deno.test("a start with other default branches recomputes every summary, and only then", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  for (const repo_name of ["shop", "bank"]) {
    await seed(sql, { repo_name, branch_name: "main" });
    await seed(sql, { repo_name, branch_name: "production" });
  }
  assert.equal(await summariseAll(sql, DEFAULT_BRANCHES), 0);
  assert.equal(await summariseAll(sql, ["production"]), 2);
  assert.equal((await lineOf(sql)).main_branch, "production");
  assert.equal((await lineOf(sql, "bank")).main_branch, "production");
  assert.equal(await summariseAll(sql, ["production"]), 0);
});
