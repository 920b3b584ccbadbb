import assert from "node:assert/strict";
import { join } from "node:path";
import { readConfig, type Retention } from "../../src/config.ts";
import { connect } from "../../src/db/connect.ts";
import { type RetentionRun, runRetention } from "../../src/reports/retention.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { cobertura, type Entry, tar } from "../support/archive.ts";
import { ON_POSTGRES } from "../support/database.ts";
import { logTo } from "../support/log.ts";
import { ReportStore } from "../../src/reports/store.ts";
import { encodeBranch } from "../../src/model/urls.ts";
import { storedReports } from "../support/reports.ts";

const DEFAULTS = readConfig({}).retention;
const KEEP_ALL: Retention = { ...DEFAULTS, keepSuperseded: 1000, keepDeletedDays: 1000 };

const page = (content: string): Entry[] => [
  { name: "coverage.xml", content: cobertura(1, 2) },
  { name: "report/", type: "5" },
  { name: "report/index.html", content },
];

/** Uploads a page; returns the number of the upload. */
async function upload(
  test: TestApp,
  content: string,
  fields: Record<string, string> = {},
): Promise<number> {
  const response = await test.upload(tar(page(content)), fields);
  assert.equal(response.status, 200);
  return (await response.json()).coverage.id;
}

function sync(test: TestApp, ...active_branches: string[]): Promise<Response> {
  const body = JSON.stringify({ org_name: "acme", repo_name: "shop", active_branches });
  return test.get("/coverages-api", { method: "PUT", body });
}

/** The pages of the uploads that are still there, of all that were made, as their addresses say. */
async function pages(test: TestApp): Promise<Record<number, string>> {
  const { data } = await (await test.get("/coverages-api?full=1")).json();
  const found: Record<number, string> = {};
  for (const { id, branch_name, language } of data["acme/shop"]) {
    const address = `/coverages-api/assets/acme/shop/${
      encodeBranch(branch_name)
    }/${language}/${id}/archive/report/index.html`;
    const response = await test.open(address);
    const text = await response.text();
    if (response.status === 200) found[id] = text;
    else assert.deepEqual([response.status, /may no longer be retained/.test(text)], [404, true]);
  }
  const { published } = await storedReports(test.reports);
  assert.equal(published.length, Object.keys(found).length, "no folder without its address");
  return found;
}

function retain(
  test: TestApp,
  retention: Partial<Retention> = {},
  options: { dryRun?: boolean; signal?: AbortSignal } = {},
): Promise<RetentionRun | undefined> {
  return runRetention({
    sql: test.sql,
    embedded: true,
    store: test.store,
    retention: { ...DEFAULTS, ...retention },
    graceMs: -60_000,
    log: logTo(test.log),
  }, options);
}

Deno.test("by default only the newest report of a branch and language is retained; all numbers are", async () => {
  await using test = await testApp();
  await upload(test, "1");
  const go = await upload(test, "2");
  const js = await upload(test, "3", { language: "js" });
  assert.deepEqual(await pages(test), { [go]: "2", [js]: "3" });
  const { data } = await (await test.get("/coverages-api?full=1")).json();
  assert.equal(data["acme/shop"].length, 3);
});

Deno.test("a pull request or tag without uploads for 90 days counts as deleted", async () => {
  await using test = await testApp();
  const branches = ["main", "pull/1/head", "refs/tags/v1", "pull/2/head", "old"];
  for (const branch_name of branches) await upload(test, branch_name, { branch_name });
  await upload(test, "recent", { branch_name: "pull/2/head", language: "js" });
  await test.sql`
    update coverages set created_at = now() - interval '91 days' where language = 'go'`;
  const atOnce = { keepDeletedDays: 0 };
  const active = () =>
    test.sql<{ count: number }[]>`
      select count(*)::int as count from coverages where deleted_at is null`;
  assert.equal((await retain(test, atOnce, { dryRun: true }))!.deleted.reports, 2);
  assert.equal((await active())[0]!.count, 6, "a dry run leaves no mark");
  assert.equal((await retain(test, atOnce))!.deleted.reports, 2);
  const rows = await test.sql<{ branch_name: string; language: string }[]>`
    select branch_name, language from coverages where deleted_at is null order by 1, 2`;
  assert.deepEqual(rows.map(({ branch_name, language }) => `${branch_name} ${language}`), [
    ...["main go", "old go", "pull/2/head go", "pull/2/head js"],
  ]);
  // Deleted now, its report stays for as long as that of any other deleted branch.
  await test.sql`update coverages set created_at = now() - interval '91 days'`;
  assert.equal((await retain(test, { keepDeletedDays: 1 }))!.deleted.reports, 0);
  assert.equal((await retain(test, { keepDeletedDays: 0 }))!.deleted.reports, 2);
});

Deno.test("a branch of a merge queue and its report go a day after its last upload", async () => {
  await using test = await testApp();
  const queued = ["gh-readonly-queue/main/pr-1-0a1b", "gh-readonly-queue/main/pr-2-2c3d"];
  for (const branch_name of ["main", "feature", ...queued]) {
    await upload(test, branch_name, { branch_name });
  }
  await test.sql`
    update coverages set created_at = now() - interval '25 hours'
    where branch_name in ('feature', ${queued[0]!})`;
  assert.equal((await retain(test))!.deleted.reports, 1);
  await sync(test, "main");
  const kept = Object.values(await pages(test)).sort();
  assert.deepEqual(kept, ["feature", "main"], "only a person's deleted branch keeps its report");
});

Deno.test("KEEP_SUPERSEDED reports of each branch and language stay at addresses of their own", async () => {
  await using test = await testApp({ config: { retention: { ...DEFAULTS, keepSuperseded: 1 } } });
  const main = [await upload(test, "1"), await upload(test, "2")];
  const other = [
    await upload(test, "a", { branch_name: "other" }),
    await upload(test, "b", { branch_name: "other" }),
  ];
  const newest = await upload(test, "3");
  assert.deepEqual(await pages(test), {
    [main[1]!]: "2",
    [other[0]!]: "a",
    [other[1]!]: "b",
    [newest]: "3",
  });

  const { data } = await (await test.get("/coverages-api?full=1")).json();
  const urlOf = (id: number) =>
    new URL(data["acme/shop"].find((row: { id: number }) => row.id === id).report_url).pathname;
  assert.equal(
    await (await test.open(urlOf(main[1]!))).text(),
    "2",
    "the list leads to a superseded report that is retained",
  );
  assert.equal(await (await test.open(urlOf(main[0]!))).text(), "3", "and else to the newest");
  const html = await (await test.get("/coverages-ui/acme/shop")).text();
  const links = [...html.matchAll(/href="[^"]*\/(\d+)\/report\/[^"]*"/g)].map(([, id]) => id);
  assert.deepEqual(new Set(links), new Set([main[1], ...other, newest].map(String)));
});

Deno.test("an upload's report is found only under its own names", async () => {
  await using test = await testApp();
  const id = await upload(test, "1");
  const statusAt = async (path: string) => {
    const response = await test.open(`/coverages-api/assets/${path}/archive/report/index.html`);
    return response.status;
  };
  assert.equal(await statusAt(`acme/shop/main/go/${id}`), 200);
  assert.equal(await statusAt(`ACME/Shop/main/go/${id}`), 200);
  for (
    const path of [
      ...[`acme/other/main/go/${id}`, `acme/shop/other/go/${id}`, `acme/shop/main/js/${id}`],
      ...[`acme/shop/main/go/${id + 1}`, `acme/shop/main/go/99999999999999999999`],
      ...[`acme/shop/main/go/-1`, `acme/shop/main/go/${id}.0`, `acme/shop/main/go/0x1`],
    ]
  ) {
    assert.equal(await statusAt(path), 404, path);
  }
});

Deno.test("reports of a deleted branch are removed at once, or after KEEP_DELETED_DAYS", async () => {
  await using atOnce = await testApp({
    config: { retention: { ...DEFAULTS, keepDeletedDays: 0 } },
  });
  const main = await upload(atOnce, "main");
  await upload(atOnce, "gone", { branch_name: "gone" });
  assert.equal((await sync(atOnce, "main")).status, 200);
  assert.deepEqual(await pages(atOnce), { [main]: "main" });

  await using later = await testApp({
    config: { retention: { ...DEFAULTS, keepSuperseded: 1, keepDeletedDays: 7 } },
  });
  const retained = [await upload(later, "main")];
  for (const text of ["1", "2", "3"]) {
    retained.push(await upload(later, text, { branch_name: "gone" }));
  }
  await sync(later, "main");
  const policy = { keepSuperseded: 1, keepDeletedDays: 7 };
  await retain(later, policy);
  assert.deepEqual(await pages(later), {
    [retained[0]!]: "main",
    [retained[2]!]: "2",
    [retained[3]!]: "3",
  });
  await later.sql`
    update coverages set deleted_at = deleted_at - interval '8 days' where deleted_at is not null`;
  const result = await retain(later, policy);
  assert.equal(result!.deleted.reports, 2);
  assert.deepEqual(await pages(later), { [retained[0]!]: "main" });
});

Deno.test("above MAX_STORED_BYTES superseded reports are removed, oldest first, active ones never", async () => {
  await using test = await testApp({ config: { retention: KEEP_ALL } });
  const ids = [];
  for (const text of ["1", "2", "3"]) ids.push(await upload(test, text));
  ids.push(await upload(test, "a", { branch_name: "other" }));
  const [row] = await test.sql`select report_bytes::int as bytes from coverages limit 1`;
  const each: number = row!.bytes;

  const policy = { ...KEEP_ALL, maxStoredBytes: 3 * each };
  const dry = await retain(test, policy, { dryRun: true });
  assert.deepEqual(dry!.space, { reports: 1, bytes: each });
  assert.deepEqual(dry!.stored, { reports: 3, bytes: 3 * each });
  assert.equal(Object.keys(await pages(test)).length, 4, "a dry run changes nothing");

  const result = await retain(test, policy);
  assert.deepEqual(result!.space, { reports: 1, bytes: each });
  assert.deepEqual(result!.stored, { reports: 3, bytes: 3 * each });
  assert.deepEqual(Object.keys(await pages(test)).map(Number), ids.slice(1));
  assert(test.log.some(({ message }) => message === "reports removed"));

  await retain(test, { ...KEEP_ALL, maxStoredBytes: 1 });
  assert.deepEqual(Object.keys(await pages(test)).map(Number), ids.slice(2));
  const warning = test.log.find(({ level }) => level === "warn")!;
  assert.deepEqual(warning.fields, { stored_bytes: 2 * each, allowed_bytes: 1 });
});

Deno.test("retention removes left-over folders and logs missing reports", async () => {
  await using test = await testApp();
  await upload(test, "weighed");
  await upload(test, "missing", { branch_name: "missing" });
  const [{ report_id }] = await test.sql<[{ report_id: string }]>`
    select report_id from coverages where branch_name = 'missing'`;
  await Deno.remove(join(test.reports, report_id), { recursive: true });
  const orphan = join(test.reports, crypto.randomUUID());
  await Deno.mkdir(orphan);
  await Deno.writeTextFile(join(orphan, "page"), "12345");

  const dry = await retain(test, {}, { dryRun: true });
  assert.deepEqual(dry!.orphans, { reports: 1, bytes: 5 });
  const result = await retain(test);
  assert.deepEqual(result!.orphans, { reports: 1, bytes: 5 });
  assert.equal(result!.stored.reports, 2);
  assert.deepEqual(result!.missing, { reports: 1, examples: [report_id] });
  await assert.rejects(Deno.stat(orphan), Deno.errors.NotFound);
  assert.deepEqual((await retain(test))!.orphans, { reports: 0, bytes: 0 });
});

Deno.test("a report that cannot be removed is left over, and the next run removes it", async () => {
  let isStuck = true;
  const { remove } = ReportStore.prototype;
  await using test = await testApp({
    store: (store) =>
      Object.assign(store, {
        remove: (id: string) =>
          isStuck ? Promise.reject(new Error("stuck")) : remove.call(store, id),
      }),
  });
  await upload(test, "1");
  const id = await upload(test, "2");
  assert.equal((await storedReports(test.reports)).published.length, 2);
  isStuck = false;
  assert.equal((await retain(test))!.orphans.reports, 1);
  assert.deepEqual(await pages(test), { [id]: "2" });
});

Deno.test("an aborted retention run finishes the report it is removing and leaves the others to the next run", async () => {
  const stopping = new AbortController();
  await using test = await testApp({
    config: { retention: KEEP_ALL },
    store: (store) =>
      Object.assign(store, {
        remove: (id: string) => {
          stopping.abort();
          return ReportStore.prototype.remove.call(store, id);
        },
      }),
  });
  for (const text of ["1", "2", "3"]) await upload(test, text);
  const newest = await upload(test, "4");
  await retain(test, {}, { signal: stopping.signal });
  assert.equal((await storedReports(test.reports)).published.length, 3);
  assert.equal((await retain(test))!.orphans.reports, 2);
  assert.deepEqual(await pages(test), { [newest]: "4" });
});

function runOnPostgres({ sql, store }: Pick<TestApp, "sql" | "store">) {
  return runRetention({
    sql,
    embedded: false,
    store,
    retention: DEFAULTS,
    graceMs: 0,
    log: logTo([]),
  });
}

Deno.test({
  name: "only one server of a database runs retention at a time",
  // The embedded database has one session, and no other server.
  ignore: !ON_POSTGRES,
  async fn() {
    await using test = await testApp({ config: { retention: KEEP_ALL } });
    await upload(test, "1");
    await upload(test, "2");
    const holding = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const other = test.sql.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(7236641020332)`;
      holding.resolve();
      await release.promise;
    });
    await holding.promise;
    assert.equal(await runOnPostgres(test), undefined);
    release.resolve();
    await other;
    assert.equal((await runOnPostgres(test))!.superseded.reports, 1);
  },
});

Deno.test({
  name: "retention survives a database that ends idle transactions",
  ignore: !ON_POSTGRES,
  async fn() {
    await using test = await testApp({
      config: { retention: KEEP_ALL },
      store: (store) =>
        new Proxy(store, {
          get(target, name) {
            if (name === "remove") {
              return async (id: string) => {
                // Longer than the database waits, as it says itself.
                await test.sql`select pg_sleep(0.3)`;
                await target.remove(id);
              };
            }
            const value = Reflect.get(target, name, target);
            return typeof value === "function" ? value.bind(target) : value;
          },
        }),
    });
    await upload(test, "1");
    await upload(test, "2");
    const [{ name }] = await test.sql<[{ name: string }]>`select current_database() as name`;
    const set = `alter database ${name} set idle_in_transaction_session_timeout`;
    await test.sql.unsafe(`${set} = '100ms'`);
    const sql = connect(test.database.target);
    try {
      const run = await runOnPostgres({ sql, store: test.store });
      assert.equal(run!.superseded.reports, 1);
      assert.equal(Object.keys(await pages(test)).length, 1);
    } finally {
      await sql.end();
      await test.sql.unsafe(`${set} to default`);
    }
  },
});
