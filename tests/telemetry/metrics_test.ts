import assert from "node:assert/strict";
import { Instruments } from "../../src/telemetry/instruments.ts";
import { Metrics } from "../../src/telemetry/metrics.ts";
import { goodReport, tar } from "../support/archive.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { uploadPath } from "../support/fields.ts";
import { metricTypes } from "../support/metric_names.ts";
import { seed } from "../support/seed.ts";
import { listeningApp } from "../support/listening.ts";

const TOTALS = { reports: 2, bytes: 300, uploads: 9, active: 2, repositories: 1 };

/** The samples of the page by name and labels; throws for a line that the format does not allow. */
async function samples(test: TestApp): Promise<Map<string, number>> {
  const response = await test.get("/coverages-api/metrics");
  assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  return parsed(await response.text());
}

function parsed(page: string): Map<string, number> {
  const found = new Map<string, number>();
  const types = new Map<string, string>();
  for (const line of page.split("\n")) {
    if (line === "" || /^# HELP [a-z_]+ [A-Z].*$/.test(line)) continue;
    const type = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(line);
    if (type) types.set(type[1]!, type[2]!);
    else {
      const sample = /^([a-z_]+)(\{[a-z_]+="[^"\\]*"(?:,[a-z_]+="[^"\\]*")*\})? (\d[\d.e+-]*)$/
        .exec(line);
      assert(sample, line);
      const [, name = "", labels = "", value] = sample;
      assert(types.has(name) || types.has(name.replace(/_(bucket|sum|count)$/, "")), name);
      found.set(name + labels, Number(value));
    }
  }
  return found;
}

Deno.test("uploads are counted by outcome, and measured", async () => {
  await using test = await testApp({ limits: { maxUploadBytes: 100_000 } });
  const empty = await samples(test);
  assert.equal(empty.get("coverage_uploads_under_way"), 0);
  assert.equal([...empty.keys()].some((name) => name.startsWith("coverage_uploads_total")), false);

  for (let n = 0; n < 2; n++) await test.upload(tar(goodReport()));
  await test.upload("no archive");
  await test.upload(new Uint8Array(200_000));
  await test.upload(tar(goodReport()), { branch_name: "" });

  const page = await samples(test);
  const uploads = [...page].filter(([name]) => name.startsWith("coverage_uploads_total"));
  assert.deepEqual(Object.fromEntries(uploads), {
    'coverage_uploads_total{outcome="stored"}': 2,
    'coverage_uploads_total{outcome="refused"}': 2,
    'coverage_uploads_total{outcome="too_large"}': 1,
  });
  assert.equal(page.get("coverage_uploads_under_way"), 0);
  assert.equal(page.get("coverage_report_files_count"), 2);
  assert.equal(page.get("coverage_report_files_sum"), 4);
  const [{ bytes }] = await test.sql<[{ bytes: number }]>`
    select sum(report_bytes)::int as bytes from coverages`;
  assert.equal(page.get("coverage_report_size_bytes_sum"), bytes);
  assert.equal(page.get("coverage_upload_duration_seconds_count"), 2);
  const requests = (status: number) =>
    page.get(
      `coverage_http_request_duration_seconds_count{method="POST",route="/coverages-api",status="${status}"}`,
    );
  assert.deepEqual([requests(200), requests(422), requests(413)], [2, 2, 1]);
  assert(page.get("coverage_process_resident_bytes")! > 1_000_000);
});

Deno.test("the coverage of the repositories uploaded last is measured if that is wanted", async () => {
  const coverage = async (test: TestApp) =>
    [...await samples(test)].filter(([name]) => name.startsWith("coverage_percent"));
  await using test = await testApp({ config: { metricsRepositories: 2 } });
  assert.deepEqual(await coverage(test), []);
  await seed(test.sql, { repo_name: "old", percentage: 10 });
  await seed(test.sql, { repo_name: "web", percentage: 20 });
  await seed(test.sql, { repo_name: "web", percentage: 30, language: "js" });
  await seed(test.sql, { repo_name: "web", percentage: 40, branch_name: "feature" });
  await seed(test.sql, { percentage: 50 });
  await seed(test.sql, { percentage: 60 });
  const shown = [
    ['coverage_percent{repository="acme/shop",branch="main",language="go"}', 60],
    ['coverage_percent{repository="acme/web",branch="main",language="go"}', 20],
    ['coverage_percent{repository="acme/web",branch="main",language="js"}', 30],
  ];
  assert.deepEqual(await coverage(test), shown);
  await test.database.sql.end();
  assert.deepEqual(await coverage(test), shown, "what it was last, without a database");
  assert(test.log.some(({ level }) => level === "warn"));

  await using plain = await testApp();
  await seed(plain.sql);
  assert.deepEqual(await coverage(plain), []);
});

Deno.test("an upload aborted by its client has its own outcome", async () => {
  await using test = await listeningApp();
  const isStaged = Promise.withResolvers<void>();
  const { stage } = test.store;
  test.store.stage = () => {
    isStaged.resolve();
    return stage.call(test.store);
  };
  const isLogged = Promise.withResolvers<void>();
  test.log.push = (record) => {
    if (record!.message === "request") isLogged.resolve();
    return test.log.length;
  };
  const { hostname, port } = new URL(test.address);
  const client = await Deno.connect({ hostname, port: Number(port) });
  const head = `POST ${uploadPath()} HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-tar\r\n` +
    "content-length: 10000\r\n\r\n";
  await client.write(new TextEncoder().encode(`${head}abc`));
  await isStaged.promise;
  client.close();
  await isLogged.promise;
  assert.equal((await samples(test)).get('coverage_uploads_total{outcome="gone"}'), 1);
});

Deno.test("totals are those of the last count, and absent before the first", () => {
  const metrics = new Metrics();
  const names = [...parsed(metrics.prometheusText()).keys()];
  assert(!names.includes("coverage_rows"));
  assert(!names.includes("coverage_counted_at_seconds"));
  assert(names.includes("coverage_process_resident_bytes"));
  metrics.setTotals(TOTALS);
  const page = parsed(metrics.prometheusText());
  assert.deepEqual(
    ["coverage_stored_bytes", "coverage_stored_reports", "coverage_rows", "coverage_rows_active"]
      .map((name) => page.get(name)),
    [300, 2, 9, 2],
  );
  const age = Date.now() / 1000 - page.get("coverage_counted_at_seconds")!;
  assert(age >= 0 && age < 60, `${age} seconds`);
});

Deno.test("histograms have cumulative buckets, and labels are escaped", () => {
  const instruments = new Instruments();
  const record = instruments.histogram("a.b", "Help", { unit: "s", bounds: [1, 2.5] });
  for (const value of [0, 1, 2, 99]) record(value, { route: '"\\\n' });
  assert.deepEqual(instruments.prometheusText().split("\n"), [
    "# HELP a_b_seconds Help",
    "# TYPE a_b_seconds histogram",
    'a_b_seconds_bucket{route="\\"\\\\\\n",le="1"} 2',
    'a_b_seconds_bucket{route="\\"\\\\\\n",le="2.5"} 3',
    'a_b_seconds_bucket{route="\\"\\\\\\n",le="+Inf"} 4',
    'a_b_seconds_sum{route="\\"\\\\\\n"} 102',
    'a_b_seconds_count{route="\\"\\\\\\n"} 4',
    "",
  ]);
});

Deno.test("unknown addresses and methods add no time series", async () => {
  await using test = await testApp();
  for (const n of [1, 2, 3]) {
    await test.get(`/nowhere/${n}`, { method: `X-${n}` });
    await test.get(`/coverages-ui/org-${n}/repo`);
  }
  const series = [...(await samples(test)).keys()].filter((name) => name.includes("_count{"));
  assert.deepEqual(series.sort(), [
    'coverage_http_request_duration_seconds_count{method="GET",route="/coverages-ui/:org/:repo",status="404"}',
    'coverage_http_request_duration_seconds_count{method="other",route="none",status="404"}',
  ]);
});

Deno.test("docs/monitoring.md lists exactly the metrics that exist", async () => {
  const document = await Deno.readTextFile(new URL("../../docs/monitoring.md", import.meta.url));
  const documented = new Set(
    document.match(/`coverage_[a-z_]+`/g)?.map((name) => name.slice(1, -1)),
  );
  assert.deepEqual(documented, new Set(metricTypes().keys()));
});
