import assert from "node:assert/strict";
import { join } from "node:path";
import { readConfig } from "../../src/config.ts";
import { connect } from "../../src/db/connect.ts";
import { Bucket } from "../../src/reports/bucket.ts";
import { runRetention } from "../../src/reports/retention.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { concat, type Entry, goodReport, gzip, tar } from "../support/archive.ts";
import { type BucketServer, bucketServer, bucketTest, type Fault } from "../support/bucket.ts";
import { DatabaseSwitch } from "../support/database_switch.ts";
import { logTo } from "../support/log.ts";
import { storedReports, tree } from "../support/reports.ts";
import { smallDisk } from "../support/small_disk.ts";

const archive = await gzip(tar(goodReport([{ name: "report/more.html", content: "more" }])));
const page = (branch = "main") =>
  `/coverages-api/assets/acme/shop/${branch}/archive/report/index.html`;
const AWAY: Fault = { cutAfter: 0 };
const OBJECT = /\.tar\.gz$/;

/** Uploads, and asserts that it was taken; returns the id of the report. */
async function upload(
  server: BucketServer,
  fields: Record<string, string> = {},
  body: BodyInit = archive,
): Promise<string> {
  const response = await server.upload(body, fields);
  const text = await response.text();
  assert.equal(response.status, 200, text);
  const address = new URL(JSON.parse(text).coverage.report_url).pathname;
  return /reports\/([^/]+)/.exec((await server.get(address)).headers.get("location")!)![1]!;
}

/** Asserts on a 503 that says when to try again; returns its sentence. */
async function unavailable(response: Response): Promise<string> {
  assert.equal(response.status, 503);
  assert(response.headers.get("retry-after"));
  return (await response.json()).error;
}

async function retain(test: TestApp, server: BucketServer, graceMs = -60_000) {
  const { sql } = test;
  const { retention } = readConfig({});
  const run = { sql, embedded: true, store: server.store, retention, graceMs };
  return (await runRetention({ ...run, log: logTo(server.log) }))!;
}

bucketTest(
  "what was uploaded to one server is read through another with an empty disk",
  async (bucket) => {
    await using test = await testApp();
    await using one = await bucketServer(test, bucket);
    await using two = await bucketServer(test, bucket);
    const id = await upload(one);
    assert.deepEqual(await bucket.reports(), [id]);
    assert.deepEqual(await storedReports(one.reports), { published: [id], staged: [] });
    assert.deepEqual(await Deno.readFile(bucket.pathOf(id)), archive, "the archive as it came");
    assert.deepEqual(await storedReports(two.reports), { published: [], staged: [] });
    assert.equal(await (await two.open(page())).text(), "<h1>coverage</h1>");
    assert.deepEqual(await tree(two.store.folder(id)), await tree(one.store.folder(id)));
    assert.deepEqual(await storedReports(two.reports), { published: [id], staged: [] });
    assert.equal(bucket.count(/^GET .*\.tar\.gz$/), 1);
    const plain = tar(goodReport());
    const other = await upload(two, { branch_name: "plain" }, plain);
    assert.deepEqual(await Deno.readFile(bucket.pathOf(other)), plain);
    assert.equal((await one.open(page("plain"))).status, 200);
  },
);

bucketTest("fifty clients who want the same report have it fetched once", async (bucket) => {
  await using test = await testApp();
  await using one = await bucketServer(test, bucket);
  await using two = await bucketServer(test, bucket);
  const id = await upload(one);
  const address = `/coverages-api/reports/${id}/report/`;
  const pages = await Promise.all(
    Array.from({ length: 50 }, async (_, client) => {
      const response = await two.get(address + (client % 2 ? "index.html" : "more.html"));
      return await response.text();
    }),
  );
  assert.deepEqual(new Set(pages), new Set(["<h1>coverage</h1>", "more"]));
  assert.equal(bucket.count(/^GET .*\.tar\.gz$/), 1);
  await (await two.get(`${address}nothing.html`)).body?.cancel();
  assert.equal(bucket.count(/^GET .*\.tar\.gz$/), 1, "a file that no report has is not looked for");
});

bucketTest("nobody can make the server ask the bucket for what has no row", async (bucket) => {
  await using test = await testApp();
  await using server = await bucketServer(test, bucket);
  const before = bucket.requests.length;
  const response = await server.get(`/coverages-api/reports/${crypto.randomUUID()}/index.html`);
  assert.equal(response.status, 404);
  await response.body?.cancel();
  assert.equal(bucket.requests.length, before);
});

bucketTest("a cache that is emptied by hand while the server runs fills again", async (bucket) => {
  await using test = await testApp();
  await using server = await bucketServer(test, bucket);
  const id = await upload(server);
  await Deno.remove(server.store.folder(id), { recursive: true });
  assert.equal(await (await server.open(page())).text(), "<h1>coverage</h1>");
});

bucketTest(
  "a report for which the disk has no room is not read from the bucket",
  async (bucket) => {
    await using test = await testApp();
    await using server = await bucketServer(test, bucket);
    const id = await upload(server, {}, tar(goodReport()));
    await Deno.remove(server.store.folder(id), { recursive: true });
    const { mkdir } = Deno;
    const full = Object.assign(new Error("No space left on device"), { code: "ENOSPC" });
    Deno.mkdir = () => Promise.reject(full);
    try {
      // What is left open would be found at the end of the test.
      await assert.rejects(server.store.restore(id), full);
    } finally {
      Deno.mkdir = mkdir;
    }
    assert.equal(await server.store.restore(id), true);
  },
);

bucketTest("the least recently used reports go, and none that is in use", async (bucket) => {
  await using test = await testApp();
  let now = Date.now();
  const content = "x".repeat(100_000);
  const large = tar(goodReport([{ name: "report/large.html", content }]));
  await using server = await bucketServer(test, bucket, { cacheBytes: 250_000, now: () => now });
  const ids: string[] = [];
  for (const branch_name of ["a", "b"]) ids.push(await upload(server, { branch_name }, large));
  const cached = async () => new Set((await storedReports(server.reports)).published);
  assert.deepEqual(await cached(), new Set(ids));
  now += 61_000;
  await (await server.open(page("a"))).body?.cancel();
  ids.push(await upload(server, { branch_name: "c" }, large));
  await server.store.settled();
  assert.deepEqual(await cached(), new Set([ids[0], ids[2]]), "b was used before a");
  ids.push(await upload(server, { branch_name: "d" }, large));
  await server.store.settled();
  assert.deepEqual(await cached(), new Set([ids[0], ids[2], ids[3]]), "all are in use");
  assert.deepEqual(new Set(await bucket.reports()), new Set(ids), "the bucket has all of them");
  assert.equal((await server.open(page("b"))).status, 200);
  now += 61_000;
  await server.store.prune();
  assert.equal((await cached()).size, 2);
});

bucketTest("a start finds what is on the disk, and lets the oldest go", async (bucket) => {
  await using test = await testApp();
  await using server = await bucketServer(test, bucket);
  const ids = [];
  for (const branch_name of ["a", "b", "c"]) ids.push(await upload(server, { branch_name }));
  await using next = await bucketServer(test, bucket, {
    cacheBytes: 30_000, // two of them
    now: () => Date.now() + 61_000,
  });
  for (const [at, id] of ids.entries()) {
    await Deno.rename(server.store.folder(id), next.store.folder(id));
    const filledAt = Date.now() - 1000 * (at === 1 ? 9 : at);
    await Deno.utime(next.store.folder(id), filledAt / 1000, filledAt / 1000);
  }
  await next.store.prune();
  const cached = async () => new Set((await storedReports(next.reports)).published);
  assert.deepEqual(await cached(), new Set([ids[0], ids[2]]));
  // What somebody has removed leaves room for another one.
  await Deno.remove(next.store.folder(ids[0]!), { recursive: true });
  await next.store.prune();
  ids.push(await upload(next, { branch_name: "d" }));
  await next.store.settled();
  assert.deepEqual(await cached(), new Set([ids[2], ids[3]]));
});

bucketTest("a rejected upload never reaches the bucket", async (bucket) => {
  await using test = await testApp();
  await using server = await bucketServer(test, bucket);
  const broken = archive.slice(0, -20);
  const entries: Entry[] = [{ name: "../outside", content: "x" }, ...goodReport()];
  const bad = [broken, tar(entries), tar([{ name: "a.html", content: "no coverage" }])];
  for (const body of bad) {
    const response = await server.upload(body);
    assert.equal(response.status, 422);
    await response.body?.cancel();
  }
  assert.equal(bucket.count(OBJECT), 0);
  assert.deepEqual(await tree(join(server.reports, ".staging")).then((paths) => paths.length), 2);
});

bucketTest("a database that fails leaves neither folder nor object", async (bucket) => {
  await using test = await testApp();
  await using gate = new DatabaseSwitch(test.database.target);
  const sql = connect({ ...gate.target, max: 1 });
  await using server = await bucketServer(test, bucket, { dependencies: { sql } });
  bucket.fault = (request) => {
    // It goes away between the object and the row.
    if (OBJECT.test(request) && request.startsWith("PUT")) void gate.close();
    return undefined;
  };
  assert.match(await unavailable(await server.upload(archive)), /database is not available/);
  assert.deepEqual(await bucket.reports(), []);
  assert.deepEqual(await storedReports(server.reports), { published: [], staged: [] });
  gate.open();
  await sql.end({ timeout: 1 });
});

bucketTest(
  "while the bucket is away uploads get 503, and reports that are cached go on",
  async (bucket) => {
    await using test = await testApp();
    await using one = await bucketServer(test, bucket);
    const health = async (server: BucketServer) => {
      const response = await server.get("/coverages-api/health");
      return [response.status, (await response.json()).bucket];
    };
    const id = await upload(one);
    assert.deepEqual(await health(one), [200, "ok"]);
    bucket.fault = () => AWAY;
    await using two = await bucketServer(test, bucket, { seconds: 2 });
    assert.match(two.log[0]!.message, /bucket is not available; uploads get 503/);
    for (const server of [one, two]) {
      assert.match(await unavailable(await server.upload(archive)), /^The bucket is not available/);
      assert.equal((await server.get("/coverages-ui/acme/shop")).status, 200);
    }
    assert.deepEqual(await health(two), [200, "away"]);
    assert.equal(await (await one.open(page())).text(), "<h1>coverage</h1>");
    assert.match(await unavailable(await two.open(page())), /^The bucket is not available/);
    assert.deepEqual(await storedReports(two.reports), { published: [], staged: [] });
    assert.deepEqual(await storedReports(one.reports), { published: [id], staged: [] });
    bucket.fault = () => undefined;
    assert.equal((await two.open(page())).status, 200);
    const next = await upload(two);
    assert.deepEqual(await bucket.reports(), [next], "what it supersedes is gone");
  },
);

bucketTest("a bucket that is busy is asked again, and one that stays so is 503", async (bucket) => {
  await using test = await testApp();
  await using server = await bucketServer(test, bucket);
  let left = 2;
  bucket.fault = () => left-- > 0 ? { status: 503, code: "SlowDown" } : undefined;
  await upload(server);
  const faults: [Fault, RegExp, RegExp][] = [
    [{ status: 503, code: "SlowDown" }, /is not available\. Retry/, /PUT .*: 503 SlowDown A fault/],
    [{ status: 500, code: "InternalError" }, /is not available\. Retry/, /500 InternalError/],
    [{ status: 403, code: "QuotaExceeded" }, /is full\. Nothing was stored/, /QuotaExceeded/],
    [{ status: 507, code: "XMinioStorageFull" }, /is full\. Nothing was stored/, /StorageFull/],
    [{ status: 403, code: "AccessDenied" }, /operator must fix that/, /PUT .*: 403 AccessDenied/],
    [{ status: 404, code: "NoSuchBucket" }, /operator must fix that/, /404 NoSuchBucket/],
    [{ status: 301, code: "PermanentRedirect" }, /operator must fix that/, /PermanentRedirect/],
  ];
  const before = await bucket.reports();
  for (const [fault, sentence, logged] of faults) {
    bucket.fault = (request) => request.startsWith("PUT") ? fault : undefined;
    assert.match(await unavailable(await server.upload(archive)), sentence);
    const line = server.log.findLast(({ message }) => message === "request failed")!;
    assert.match(String(line.fields.error), logged);
    assert(!Deno.inspect(line).includes("secret of the tests"));
    assert.deepEqual(await bucket.reports(), before);
    assert.deepEqual((await storedReports(server.reports)).published, before);
  }
});

bucketTest(
  "a bucket that never answers, or stops in the middle, keeps nobody waiting",
  async (bucket) => {
    await using test = await testApp();
    await using server = await bucketServer(test, bucket);
    const content = crypto.getRandomValues(new Uint8Array(60_000));
    await upload(server, {}, tar(goodReport([{ name: "report/noise", content }])));
    await using slow = await bucketServer(test, bucket, { seconds: 0.3 });
    const faults: Fault[] = ["silence", { cutAfter: 100 }, { cutAfter: 2000, stays: true }];
    for (const fault of faults) {
      bucket.fault = (request) => OBJECT.test(request) ? fault : undefined;
      assert.match(await unavailable(await slow.open(page())), /^The bucket is not available/);
      assert.deepEqual(await storedReports(slow.reports), { published: [], staged: [] });
    }
    bucket.fault = (request) => request.startsWith("PUT") ? "silence" : undefined;
    assert.match(await unavailable(await slow.upload(archive)), /^The bucket is not available/);
    bucket.fault = () => undefined;
    assert.equal((await slow.open(page())).status, 200);
  },
);

bucketTest(
  "an object that is damaged is the server's failure and not the reader's",
  async (bucket) => {
    await using test = await testApp();
    await using one = await bucketServer(test, bucket);
    await using two = await bucketServer(test, bucket);
    const id = await upload(one);
    const bytes = archive.slice();
    bytes[bytes.length - 6]! ^= 1; // the checksum
    await Deno.writeFile(bucket.pathOf(id), bytes);
    const response = await two.open(page());
    assert.equal(response.status, 500);
    await response.body?.cancel();
    const line = two.log.findLast(({ message }) => message === "request failed")!;
    assert.match(Deno.inspect(line.fields.error), /object of report .* cannot be unpacked[^]*gzip/);
    assert.deepEqual(await storedReports(two.reports), { published: [], staged: [] });
  },
);

bucketTest(
  "retention removes objects, sweeps those without a row, and finds those that are missing",
  async (bucket) => {
    await using test = await testApp();
    await using one = await bucketServer(test, bucket);
    await using two = await bucketServer(test, bucket);
    const first = await upload(one);
    await (await two.open(page())).body?.cancel();
    const second = await upload(one);
    assert.deepEqual(await bucket.reports(), [second], "the superseded one went with the upload");
    assert.deepEqual((await storedReports(two.reports)).published, [first]);
    // As a killed server leaves it.
    const orphan = crypto.randomUUID();
    await Deno.copyFile(bucket.pathOf(second), bucket.pathOf(orphan));
    await Deno.writeTextFile(bucket.pathOf("somebody's own"), "no report");
    const nothing = { reports: 0, bytes: 0 };
    const young = await retain(test, one, 60_000);
    assert.deepEqual([young.orphans, young.objects, young.missing.reports], [nothing, nothing, 0]);
    const run = await retain(test, two);
    assert.equal(run.orphans.reports, 1, "the first one in the other cache");
    assert.deepEqual(run.objects, { reports: 1, bytes: archive.byteLength });
    assert.deepEqual(await bucket.reports(), [second, "somebody's own"].sort());
    await Deno.remove(bucket.pathOf(second));
    assert.deepEqual((await retain(test, two)).missing, { reports: 1, examples: [second] });
    await test.sql`update coverages set deleted_at = now() - interval '31 days'`;
    const third = await upload(one, { branch_name: "other" });
    const { deleted } = await retain(test, two);
    assert.equal(deleted.reports, 1);
    assert.deepEqual(await bucket.reports(), ["somebody's own", third].sort());
  },
);

bucketTest("a listing of more than one part is read to its end", async (bucket) => {
  await using test = await testApp();
  await using server = await bucketServer(test, bucket);
  const id = await upload(server);
  const ids = Array.from({ length: 1200 }, () => crypto.randomUUID());
  await Promise.all(ids.map((other) => Deno.copyFile(bucket.pathOf(id), bucket.pathOf(other))));
  const listed = await Array.fromAsync(server.store.bucket.list(), (object) => object.id);
  assert.deepEqual(listed, [id, ...ids].sort());
  // Of several batches, and between objects that are too young to be without a row.
  await Deno.remove(bucket.pathOf(id));
  assert.equal((await retain(test, server, 60_000)).missing.reports, 0, "it may be to come");
  await test.sql`update coverages set updated_at = now() - interval '2 minutes'`;
  const { missing, objects } = await retain(test, server, 60_000);
  assert.deepEqual([missing, objects?.reports], [{ reports: 1, examples: [id] }, 0]);
});

bucketTest("parts of a commit are united by whichever server takes the last", async (bucket) => {
  await using test = await testApp();
  await using one = await bucketServer(test, bucket);
  await using two = await bucketServer(test, bucket);
  await using three = await bucketServer(test, bucket);
  const lcov = (...hits: number[]) =>
    tar([{
      name: "lcov.info",
      content: `TN:\nSF:a.js\n${
        hits.map((hit, line) => `DA:${line + 1},${hit}\n`).join("")
      }end_of_record\n`,
    }]);
  const fields = { coverage_xml_file_name: "lcov.info" };
  const first = await upload(one, { ...fields, part: "1" }, lcov(1, 0, 0, 0));
  const response = await two.upload(lcov(0, 1, 0, 0), { ...fields, part: "2" });
  const { coverage, parts, error } = await response.json();
  assert.deepEqual([error, coverage?.percentage, parts], [undefined, 50, 2]);
  const asked = bucket.requests.filter((request) => OBJECT.test(request));
  assert.equal(asked[1], `GET reports/${first}.tar.gz`, "fetched before anything is stored");
  const files = await three.get("/coverages-api/files?org_name=acme&repo_name=shop");
  const [file] = (await files.json()).files;
  assert.deepEqual([file.path, file.uncovered], ["a.js", "3-4"]);
  assert.equal((await three.get("/coverages-ui/acme/shop/uploads/1")).status, 200);
  assert.equal((await bucket.reports()).length, 2);
});

bucketTest(
  "the bucket of another database is refused, and nothing is written to it",
  async (bucket) => {
    await using test = await testApp();
    await using server = await bucketServer(test, bucket);
    const id = await upload(server);
    const other = new Bucket(bucket.settings, logTo([]));
    await assert.rejects(other.belongTo(crypto.randomUUID()), {
      name: "OperatorError",
      message: /^The bucket cannot be used: The objects in .* belong to another database\./,
    });
    await assert.rejects(other.delete(id));
    assert.deepEqual(await bucket.reports(), [id]);
  },
);

/** As they come from a network. */
function* inPieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

bucketTest(
  "a disk that is full while an archive comes is 507, and leaves nothing",
  async (bucket) => {
    await using disk = await smallDisk(4);
    if (!disk) return console.log("needs the right to mount a tmpfs");
    await using test = await testApp();
    await using server = await bucketServer(test, bucket, { disk: disk.folder });
    await upload(server);
    const before = await storedReports(server.reports);
    const noise = crypto.getRandomValues(new Uint8Array(65_536));
    const large = Array.from({ length: 50 }, (_, n) => ({ name: `report/${n}`, content: noise }));
    // What stands behind the end of a tar is read and not unpacked: the archive alone fills the disk.
    const padded = concat([tar(goodReport()), ...Array.from({ length: 100 }, () => noise)]);
    for (const body of [tar(goodReport(large)), padded, await gzip(padded)]) {
      const response = await server.upload(ReadableStream.from(inPieces(body)));
      assert.deepEqual([response.status, (await response.json()).error.split(".")[0]], [
        507,
        "The server's disk is full",
      ]);
      assert.deepEqual(await storedReports(server.reports), before);
      assert.deepEqual(await bucket.reports(), before.published);
    }
  },
);

bucketTest(
  "with READ=login a report's address is enough on every server, and its name is not",
  async (bucket) => {
    const { login } = readConfig({
      READ: "login",
      UPLOAD_ACCOUNTS: "acme",
      PUBLIC_URL: "https://coverage.example.com",
      LOGIN_ISSUER: "https://accounts.example.com",
      LOGIN_ALLOW: "*",
      LOGIN_CLIENT_ID: "coverage",
      LOGIN_CLIENT_SECRET: "client secret",
      SESSION_SECRET: "a".repeat(32),
    });
    await using test = await testApp();
    await using one = await bucketServer(test, bucket);
    const id = await upload(one);
    const config = { ...test.dependencies.config, login };
    await using two = await bucketServer(test, bucket, { dependencies: { config } });
    assert.equal((await two.get(`/coverages-api/reports/${id}/report/index.html`)).status, 200);
    assert.equal((await two.get(page())).status, 401);
    assert.equal((await two.get("/coverages-api/files?org_name=acme&repo_name=shop")).status, 401);
  },
);

bucketTest(
  "a report that was not uploaded but copied is packed into its object",
  async (bucket) => {
    await using test = await testApp();
    await using one = await bucketServer(test, bucket);
    await using two = await bucketServer(test, bucket);
    const staged = await one.store.stage();
    await staged.makeFolder("a/empty");
    await staged.writeFile("a/page.html", new TextEncoder().encode("<html>"));
    await staged.publish();
    assert.deepEqual(await storedReports(one.reports), { published: [staged.id], staged: [] });
    assert.equal(await two.store.restore(staged.id), true);
    assert.deepEqual(await tree(two.store.folder(staged.id)), ["a/", "a/empty/", "a/page.html"]);
    assert.equal(await two.store.restore(crypto.randomUUID()), false);
  },
);

bucketTest("more reports than can wait to be fetched are 503", async (bucket) => {
  await using test = await testApp();
  await using server = await bucketServer(test, bucket, { seconds: 1 });
  bucket.fault = (request) => OBJECT.test(request) ? "silence" : undefined;
  const many = Array.from({ length: 4 + 100 + 1 }, () => server.store.restore(crypto.randomUUID()));
  const all = Promise.allSettled(many);
  // The others wait for a bucket that never answers.
  const failure = await Promise.race(many).catch((error) => error);
  assert.deepEqual([failure.status, failure.headers["retry-after"]], [503, "5"]);
  assert.match(failure.message, /^Too many reports .*: 4 running, 100 queued\. Retry later\.$/);
  bucket.fault = () => undefined;
  await all;
});
