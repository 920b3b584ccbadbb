import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { connect } from "../../src/db/connect.ts";
import type { ReportStore, StagedReport } from "../../src/reports/store.ts";
import { sweep } from "../../src/reports/sweep.ts";
import { storedReports as rowsOf } from "../../src/db/stored_reports.ts";
import { goodReport, gzip, tar } from "../support/archive.ts";
import { testApp } from "../support/app.ts";
import { storedReports } from "../support/reports.ts";
import { DatabaseSwitch } from "../support/database_switch.ts";
import { diskTest } from "../support/small_disk.ts";

const archive = await gzip(
  tar(goodReport([{ name: "report/big", content: "x".repeat(3_000_000) }])),
);

Deno.test("uploads and reads get 503 while the database is unavailable, and work when it is back", async () => {
  const gates: DatabaseSwitch[] = [];
  await using test = await testApp({
    sql(database) {
      const gate = new DatabaseSwitch(database.target);
      gates.push(gate);
      return connect({ ...gate.target, max: 1 });
    },
  });
  await using gate = gates[0]!;
  const first = await test.upload(archive);
  assert.equal(first.status, 200);
  const { coverage } = await first.json();
  const before = await storedReports(test.reports);

  await gate.close();
  for (
    const ask of [
      () => test.upload(archive),
      () => test.get("/coverages-api"),
      () => test.get("/coverages-api/badge?org_name=acme&repo_name=shop&branch_name=main"),
      () => test.get("/coverages-api/compare?org_name=acme&repo_name=shop&base=main&head=main"),
      () => test.get("/coverages-api/health"),
      () => test.get(new URL(coverage.report_url).pathname),
      () => test.upload(archive),
    ]
  ) {
    const response = await ask();
    assert.equal(response.status, 503);
    assert(response.headers.get("retry-after"));
    assert.match((await response.json()).error, /database is not available/);
  }
  for (const path of ["/coverages-ui", "/coverages-ui/acme/shop", "/coverages-ui/acme/user/ada"]) {
    const page = await test.get(path);
    assert.equal(page.status, 503);
    assert.match(
      await page.text(),
      /<h1>Temporarily unavailable<[^]*database is not available/,
    );
  }
  assert.deepEqual(await storedReports(test.reports), before);
  const unhealthy = test.log.find(({ message }) => message.startsWith("health check failed"));
  assert.match(String(unhealthy?.fields.error), /CONNECT|ECONN/);

  gate.open();
  const health = await test.get("/coverages-api/health");
  assert.deepEqual(await health.json(), { success: "ok", database: "ok" });
  const again = await test.upload(archive);
  assert.equal(again.status, 200);
  assert.equal((await again.json()).data.length, 1);
  assert.equal((await storedReports(test.reports)).published.length, 1);
});

Deno.test("a commit with unknown outcome keeps the folder for the sweeper", async () => {
  for (const committed of [true, false]) {
    await using test = await testApp({
      sql: (database) => breakAtCommit(connect(database.target), committed),
    });
    const response = await test.upload(archive);
    assert.equal(response.status, 503);
    assert.equal((await storedReports(test.reports)).published.length, 1);
    const { log } = test;
    await sweep(test.store, {
      stored: (ids) => rowsOf(test.sql, ids),
      graceMs: -60_000,
      log: {
        debug() {},
        info() {},
        warn() {},
        error: (message) => log.push({ level: "error", message, fields: {} }),
      },
    });
    const rows = await test.sql`select from coverages`;
    assert.equal(rows.length, committed ? 1 : 0);
    assert.equal((await storedReports(test.reports)).published.length, committed ? 1 : 0);
  }
});

/** A client whose connection breaks when a transaction commits: before the server did so, or after. */
function breakAtCommit(sql: Sql, committed: boolean): Sql {
  const lost = Object.assign(new Error("connection lost"), { code: "CONNECTION_CLOSED" });
  return new Proxy(sql, {
    get(target, name) {
      if (name !== "begin") return Reflect.get(target, name);
      return async (work: (tx: unknown) => Promise<unknown>) => {
        if (committed) {
          await sql.begin(work as Parameters<Sql["begin"]>[1]);
          throw lost;
        }
        return await sql.begin(async (tx) => {
          await work(tx);
          throw lost;
        });
      };
    },
  });
}

await diskTest(
  "a full tmpfs gives 507 and changes nothing",
  4,
  async (disk) => {
    await using test = await testApp({ disk: disk.folder });
    const small = await gzip(tar(goodReport()));
    const { coverage } = await (await test.upload(small)).json();
    const before = await storedReports(test.reports);
    const many = Array.from({ length: 100 }, (_, at) => ({
      name: `report/page${at}.html`,
      content: "x".repeat(100_000),
    }));
    const one = [{ name: "report/large.html", content: "x".repeat(10_000_000) }];
    const coverageFile = [{ name: "coverage.xml", content: `<a>${" ".repeat(10_000_000)}</a>` }];
    for (const more of [many, one, coverageFile]) {
      const response = await test.upload(await gzip(tar(goodReport(more))));
      assert.equal(response.status, 507);
      assert.match((await response.json()).error, /disk is full/);
      assert.deepEqual(await storedReports(test.reports), before);
      const page = await test.open(new URL(coverage.report_url).pathname);
      assert.equal(await page.text(), "<h1>coverage</h1>");
    }
    const again = await test.upload(small);
    assert.equal(again.status, 200);
  },
);

Deno.test("an upload to a full or unusable disk changes nothing", async () => {
  const failure = (code: string) => () => Promise.reject(Object.assign(new Error("no"), { code }));
  const full = failure("ENOSPC");
  // A write to a full disk fails, whichever of a report's writes it is.
  const cases: [failure: Partial<StagedReport>, status: number, sentence: RegExp][] = [
    [{ writeFile: full }, 507, /disk is full/],
    [{ makeFolder: full }, 507, /disk is full/],
    [{ publish: full }, 507, /disk is full/],
    [
      {
        // A file that takes its first bytes and no more.
        async writeFile(_path, content) {
          if (content instanceof ReadableStream) { for await (const _ of content) break; }
          await full();
        },
      },
      507,
      /disk is full/,
    ],
    ...["EROFS", "EACCES", "EIO", "EMFILE", "ENFILE"].map((code) =>
      [{ makeFolder: failure(code) }, 503, /cannot read or write its disk/] as const
    ) as [Partial<StagedReport>, number, RegExp][],
  ];
  let broken: Partial<StagedReport> | undefined;
  await using test = await testApp({ store: (store) => failing(store, () => broken) });
  const { coverage } = await (await test.upload(archive)).json();
  const before = await storedReports(test.reports);
  for (const [failure, status, sentence] of cases) {
    broken = failure;
    const response = await test.upload(archive);
    assert.equal(response.status, status);
    assert.equal(response.headers.has("retry-after"), status === 503);
    assert.match((await response.json()).error, sentence);
    assert.deepEqual(await storedReports(test.reports), before);
    const page = await test.open(new URL(coverage.report_url).pathname);
    assert.equal(await page.text(), "<h1>coverage</h1>");
  }
  broken = undefined;
  assert.equal((await test.upload(archive)).status, 200);
});

function failing(
  store: ReportStore,
  failure: () => Partial<StagedReport> | undefined,
): ReportStore {
  return new Proxy(store, {
    get(target, name) {
      if (name === "stage") return async () => ({ ...await target.stage(), ...failure() });
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
