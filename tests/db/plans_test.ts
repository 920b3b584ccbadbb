import assert from "node:assert/strict";
import { readConfig } from "../../src/config.ts";
import { deleteCoverages } from "../../src/db/delete_coverages.ts";
import { summariseAll } from "../../src/db/repositories.ts";
import { missingFrom, totals } from "../../src/db/stored_reports.ts";
import { runRetention } from "../../src/reports/retention.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { goodReport, tar } from "../support/archive.ts";
import { ON_POSTGRES } from "../support/database.ts";
import { logTo } from "../support/log.ts";
import { addManyUploads } from "../support/many_uploads.ts";
import { connectExplained, type Plan, type Scan } from "../support/plans.ts";

const AMOUNTS = {
  repositories: 600,
  uploads: 15_000,
  largest: { uploads: 3000, branches: 300 },
};
const DEFAULTS = readConfig({});

/** More than any page or answer of these amounts needs. */
const MOST_ROWS = 4000;

function isSlow({ kind, table, rows }: Scan): boolean {
  const isLarge = /^(coverages|repositories)$/.test(table);
  return isLarge && (kind === "Seq Scan" || rows > MOST_ROWS);
}

/** What counts everything, once an hour. */
const COUNTS = /count\(\*\)/;

/** Runs every statement that a client can cause, and those of the hourly work. */
async function useEverything(test: TestApp, turn: number): Promise<void> {
  const name = "org_name=acme-0&repo_name=repo-0";
  const page = "/coverages-ui/acme-0/repo-0";
  const [row] = await test.sql<{ id: string; report_id: string }[]>`
    select id, report_id from coverages
    where repository_id = 1 and branch_name = 'main' and newest`;
  const { id, report_id } = row!;
  const paths = [
    ...["", "&branch_name=main", "&branch_name=branch-1&language=go"].map((query) =>
      `/coverages-api/badge?${name}${query}`
    ),
    ...[
      ...["", "?p=5", `?${name}`, "?org_name=acme-1", "?keyword=repo-99", "?full=1&per_page=5"],
      ...["?commit_author=author-3", `?${name}&after=acme-0/repo-0/100`, "?per_page=1000"],
    ].map((query) => `/coverages-api${query}`),
    ...["", "?p=5", "?org=acme-1", "?q=repo-99", "?sort=coverage", "?sort=name&order=desc"]
      .map((query) => `/coverages-ui${query}`),
    ...["", "?q=branch-1", "?refs=1", "?branches=3", "?history=9", "?branch=branch-3&branch=main"]
      .map((query) => page + query),
    `${page}/uploads/${id}`,
    `${page}/uploads/${id}/report/index.html`,
    "/coverages-ui/acme-0/user/author-3",
    `/coverages-api/compare?${name}&base=main&head=branch-1`,
    `/coverages-api/files?${name}&branch_name=main`,
    `/coverages-api/assets/acme-0/repo-0/main`,
    `/coverages-api/assets/acme-0/repo-0/main/go/archive/index.html`,
    `/coverages-api/assets/acme-0/repo-0/main/go/${id}/archive/index.html`,
    `/coverages-api/reports/${report_id}/index.html`,
    "/coverages-api/health",
    "/coverages-api/metrics",
  ];
  for (const path of paths) {
    const response = await test.get(path);
    await response.bytes();
    assert(response.status < 500, `${path}: ${response.status}`);
  }
  const lines = { name: "report/lcov.info", content: "SF:a.go\nDA:1,1\nend_of_record\n" };
  const archive = tar(goodReport([lines]));
  for (
    const fields of [
      {},
      { base_commit: "0123456789ab" },
      { base_branch: "branch-1" },
      { part: "a", commit_hash: "abcdef0" },
      { part: "b", commit_hash: "abcdef0" },
    ]
  ) {
    const response = await test.upload(archive, {
      ...{ org_name: "acme-0", repo_name: "repo-0", branch_name: `up-${turn}` },
      coverage_xml_file_name: "lcov.info",
      ...fields,
    });
    assert.equal(response.status, 200, await response.text());
  }
  const branches = {
    org_name: "acme-0",
    repo_name: `repo-${10 + turn}`,
    active_branches: ["main"],
  };
  const sync = await test.get("/coverages-api", { method: "PUT", body: JSON.stringify(branches) });
  assert.equal(sync.status, 200, await sync.text());
  const [other] = await test.sql<{ id: number }[]>`
    select id::float8 as id from coverages where repository_id = ${8 + turn} and newest limit 1`;
  for (const rest of [{ id: other!.id }, { branch_name: "branch-2" }, {}]) {
    const options = { defaultBranches: DEFAULTS.defaultBranches, dryRun: false };
    const of = { org_name: "acme-0", repo_name: `repo-${7 + turn}` };
    assert(
      await deleteCoverages(
        test.sql,
        { id: undefined, branch_name: undefined, ...of, ...rest },
        options,
      ),
    );
  }
  await runRetention({
    ...{ sql: test.sql, embedded: true, store: test.store, log: logTo([]), graceMs: 0 },
    retention: { ...DEFAULTS.retention, keepDeletedDays: 0 },
  });
  const [last] = await test.sql<{ report_id: string }[]>`
    select report_id from coverages order by report_id offset 500 limit 1`;
  const range = { after: "00000000-0000-0000-0000-000000000000", upTo: last!.report_id };
  await missingFrom(test.sql, [report_id], range, 0);
  await totals(test.sql);
}

Deno.test({
  name: "no statement reads all uploads or repositories",
  ignore: !ON_POSTGRES,
  async fn() {
    const plans: Plan[] = [];
    await using test = await testApp({
      config: { metricsRepositories: 100 },
      sql: ({ target }) => connectExplained(target as string, (plan) => plans.push(plan)),
    });
    // By the client that is not explained.
    await addManyUploads(test.sql, AMOUNTS);
    await summariseAll(test.sql, DEFAULTS.defaultBranches);
    await test.sql`vacuum analyze`;
    const { sql } = test.dependencies;
    // A statement is planned for its parameters at first, and once for any when it has run five times.
    for (const [turn, mode] of ["force_custom_plan", "force_generic_plan"].entries()) {
      await sql`select set_config('plan_cache_mode', ${mode}, false)`;
      await useEverything({ ...test, sql }, turn);
    }
    assert(plans.length > 200, `${plans.length} plans`);
    const wrong = plans.flatMap(({ text, scans }) =>
      scans.filter(isSlow).filter(() => !COUNTS.test(text))
        .map(({ kind, table, index = "no index", rows }) =>
          `${kind} of ${table}, ${index}, ${rows} rows: ${text.trim().replace(/\s+/g, " ")}`
        )
    );
    assert.deepEqual([...new Set(wrong)], []);
  },
});
