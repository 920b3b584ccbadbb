/**
 * Two servers behind nginx, with one Postgres and one bucket: each report is read through both while
 * either is killed; then the bucket and the database go away in turn.
 */
import { join } from "node:path";
import { unpack } from "../../src/archive/extract.ts";
import { readConfig } from "../../src/config.ts";
import { databaseIdentity } from "../../src/db/coverages.ts";
import { Bucket } from "../../src/reports/bucket.ts";
import { BucketStore } from "../../src/reports/bucket_store.ts";
import { runRetention } from "../../src/reports/retention.ts";
import { logTo } from "../../tests/support/log.ts";
import { KEY, S3Server, whyNoBucket } from "../../tests/support/s3_server.ts";
import { freePort, pause } from "../support/server.ts";
import { Postgres } from "./postgres.ts";
import { type Outcome, type Scenario, Server, Skipped, type Soak } from "./scenario.ts";
import { endlessly, type Expected, fileOf, type Report, Uploads } from "./uploads.ts";
import { answerProblems, lostRows, readRows } from "./verify.ts";

const NGINX = "/usr/sbin/nginx";
/** Of the documented configuration, which the two names and the port are replaced in. */
const RECIPE = /^`balancer\.conf`[^]*?^```nginx\n([^]*?)^```$/m;
const LANES = 6;
/** A kill comes at any moment of so long a time of uploads. */
const UPLOADING_MS = 1500;
const OUTAGE_MS = 4000;
/** What nginx answers, and nobody, while a server is killed. */
const CUT: Expected = new Set([0, 429, 502, 503, 504]);

export const several: Record<string, Scenario> = { "two-servers": twoServers };

async function twoServers(soak: Soak): Promise<Outcome> {
  if (whyNoBucket) throw new Skipped(whyNoBucket);
  if (!await Deno.stat(NGINX).catch(() => undefined)) throw new Skipped(`there is no ${NGINX}`);
  const postgres = soak.used.use(await Postgres.make());
  const s3 = soak.used.use(await S3Server.start());
  const settings = {
    S3_URL: `http://127.0.0.1:${s3.port}/${await s3.makeBucket()}`,
    AWS_ACCESS_KEY_ID: KEY.accessKeyId,
    AWS_SECRET_ACCESS_KEY: KEY.secretAccessKey,
    KEEP_SUPERSEDED: "2",
  };
  const ports = [freePort(), freePort()];
  const servers = await Promise.all(ports.map(async (port) => {
    const folder = join(soak.folder, `server-${port}`);
    await Deno.mkdir(folder);
    const environment = { DATABASE_URL: postgres.url, PORT: `${port}`, CACHE_BYTES: "2000000" };
    const server = new Server({ ...soak, folder }, { ...environment, ...settings });
    await server.start();
    return server;
  }));
  const balancer = await startNginx(soak, ports);
  const uploads = new Uploads();
  const problems: string[] = [];

  let reads = 0;
  const lanes = endlessly(LANES, async (lane) => {
    const branch_name = `lane/${lane}`;
    const { status, report } = await uploads.send(balancer, CUT, { branch_name });
    if (status !== 200) return pause(100);
    for (const { address } of servers) {
      const problem = await readProblem(address, report);
      if (problem) problems.push(`STALE: ${report.fields.commit_hash}: ${problem}`);
      reads++;
    }
  });
  for (let kill = 0; kill < soak.kills; kill++) {
    await pause(Math.random() * UPLOADING_MS);
    const server = servers[kill % 2]!;
    await server.process.stop("SIGKILL");
    await pause(200);
    await server.start();
  }
  await lanes.stop();

  for (
    const [begin, end] of [
      [() => s3.kill(), () => s3.start()],
      [() => postgres.stop("immediate"), () => postgres.start()],
    ] as const
  ) {
    const stream = uploads.continuously(balancer, CUT);
    const asks = endlessly(2, async () => {
      const response = await fetch(`${balancer}/coverages-api/health`).catch(() => undefined);
      await response?.body?.cancel();
      if (!response || ![200, 503].includes(response.status)) {
        problems.push(`health was answered ${response?.status ?? "nothing"}`);
      }
      await pause(100);
    });
    await pause(500);
    await begin();
    await pause(OUTAGE_MS);
    await end();
    await asks.stop();
    await pause(1000);
    await stream.stop();
  }

  // A report and a number more after all of that.
  for (const { address } of servers) await uploads.send(address);
  problems.push(...await verify(soak, settings, servers, uploads));
  return {
    did: `${soak.kills} kills, ${reads} reports read meanwhile, 2 outages; ${uploads.summary}`,
    problems: [...uploads.problems, ...problems],
  };
}

/** Starts nginx as docs/operations.md has it; returns its address. */
async function startNginx({ folder, used }: Soak, [one, two]: number[]): Promise<string> {
  const document = await Deno.readTextFile(
    new URL("../../docs/operations.md", import.meta.url),
  );
  const port = freePort();
  const recipe = RECIPE.exec(document)![1]!
    .replace("one:3000", `127.0.0.1:${one}`).replace("two:3000", `127.0.0.1:${two}`)
    .replace("listen 80;", `listen 127.0.0.1:${port};`);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
  const file = join(folder, "nginx.conf");
  await Deno.writeTextFile(
    file,
    `daemon off; pid ${folder}/nginx.pid; error_log stderr; worker_processes 1;
     events {} http { access_log off; ${temporary}\n${recipe}\n}`,
  );
  const nginx = new Deno.Command(NGINX, {
    args: ["-e", "stderr", "-p", folder, "-c", file],
    stdout: "null",
    stderr: "null",
  }).spawn();
  used.defer(async () => {
    nginx.kill("SIGTERM");
    await nginx.status;
  });
  return `http://127.0.0.1:${port}`;
}

/** What is wrong with the page of a report; a server that is just killed is asked until it is back. */
async function readProblem(address: string, report: Report): Promise<string | undefined> {
  const { branch_name, language } = report.fields;
  const path = `acme/shop/${
    encodeURIComponent(branch_name!)
  }/${language}/archive/report/index.html`;
  while (true) {
    const response = await fetch(`${address}/coverages-api/assets/${path}`).catch(() => undefined);
    const page = await response?.bytes().catch(() => undefined);
    if (!response || !page) await pause(50);
    else if (report.files.has(fileOf("report/index.html", page))) return undefined;
    else return `${response.status} ${new TextDecoder().decode(page).slice(0, 100)}`;
  }
}

/** What is lost, stale or left over, once retention has run. */
async function verify(
  soak: Soak,
  settings: Record<string, string>,
  servers: readonly Server[],
  uploads: Uploads,
): Promise<string[]> {
  const problems: string[] = [];
  await servers[0]!.look(async (sql) => {
    const { retention, ...config } = readConfig(settings);
    const log = logTo([]);
    using store = await BucketStore.openWith(join(soak.folder, "sweeper"), {
      bucket: new Bucket(config.bucket!, log),
      cacheBytes: 0,
      unpack,
      log,
    });
    await store.belongTo(await databaseIdentity(sql));
    const swept = await runRetention({
      ...{ sql, embedded: false, store, retention, log },
      graceMs: -60_000,
    });
    if (!swept) return problems.push("retention did not run");
    console.log(`  swept ${swept.objects!.reports} objects without a row`);
    const rows = await readRows(sql);
    problems.push(...lostRows(rows, uploads));
    const ids = await sql<{ report_id: string }[]>`
      select report_id from coverages where report_stored union select report_id from parts`;
    const stored = new Set(ids.map(({ report_id }) => report_id));
    const objects = new Set(await Array.fromAsync(store.bucket.list(), ({ id }) => id));
    for (const id of stored.difference(objects)) problems.push(`LOST: no object has report ${id}`);
    for (const id of objects.difference(stored)) problems.push(`no row has object ${id}`);
    for (const { address } of servers) {
      problems.push(...await answerProblems(rows, address, uploads));
    }
  });
  return problems;
}
