/**
 * Two servers behind nginx, with one Postgres and one bucket: each report is read through the server
 * that did not take it; either is killed, the bucket and the database go away in turn.
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
import { pause } from "../support/server.ts";
import { Postgres } from "./postgres.ts";
import { type Scenario, Server, Skipped, type Soak } from "./scenario.ts";
import { endlessly, type Expected, fileOf, type Report, Uploads } from "./uploads.ts";
import { answerProblems, lostRows, readRows } from "./verify.ts";

const NGINX = "/usr/sbin/nginx";
/** Of the documented configuration, which the two names and the port are replaced in. */
const RECIPE = /^`balancer\.conf`[^]*?^```nginx\n([^]*?)^```$/m;
const LANES = 6;
/** Uploads whose report is read through the other server. */
const READ = 1000;
const KILLS_WHILE_READING = 4;
/** A kill comes at any moment of so long a time of uploads. */
const UPLOADING_MS = 1500;
const OUTAGE_MS = 4000;
/** What nginx answers, and nobody, while a server is killed. */
const CUT: Expected = new Set([0, 429, 502, 503, 504]);

/** All that the scenario runs on. */
interface World {
  readonly soak: Soak;
  readonly postgres: Postgres;
  readonly s3: S3Server;
  /** Of the bucket and what is kept, as environment variables. */
  readonly settings: Readonly<Record<string, string>>;
  readonly servers: readonly Server[];
  readonly balancer: string;
  readonly uploads: Uploads;
  readonly problems: string[];
}

/** Where the reports of a language of a branch lead. */
const INDEX = "/coverages-api/assets/acme/shop";

export const several: Record<string, Scenario> = {
  "two-servers": async (soak) => {
    await using world = await makeWorld(soak);
    const { uploads, problems } = world;
    const startedAt = performance.now();
    const reads = await readThroughTheOther(world);
    const readSeconds = (performance.now() - startedAt) / 1000;
    for (let kill = 0; kill < soak.kills; kill++) await killDuringUploads(world);
    await outage(world, () => world.s3.kill(), () => world.s3.start());
    await outage(
      world,
      () => world.postgres.stop("immediate"),
      () => world.postgres.start(),
    );
    problems.push(...await verify(world));
    return {
      did: `${reads} reports read through the other server in ${readSeconds.toFixed(0)} s, ` +
        `${soak.kills + KILLS_WHILE_READING} kills, 2 outages; ${uploads.summary}`,
      problems: [...uploads.problems, ...problems],
    };
  },
};

async function makeWorld(soak: Soak): Promise<World & AsyncDisposable> {
  if (whyNoBucket) throw new Skipped(whyNoBucket);
  if (!await Deno.stat(NGINX).catch(() => undefined)) throw new Skipped(`there is no ${NGINX}`);
  await using used = new AsyncDisposableStack();
  const postgres = used.use(await Postgres.make());
  const s3 = used.use(await S3Server.start());
  const settings = {
    S3_URL: `http://127.0.0.1:${s3.port}/${await s3.makeBucket()}`,
    AWS_ACCESS_KEY_ID: KEY.accessKeyId,
    AWS_SECRET_ACCESS_KEY: KEY.secretAccessKey,
    KEEP_SUPERSEDED: "2",
  };
  const [first, second, port] = freePorts(3);
  const servers = await Promise.all([first!, second!].map(async (port) => {
    const folder = join(soak.folder, `server-${port}`);
    await Deno.mkdir(folder);
    const server = new Server({ ...soak, folder, used }, {
      DATABASE_URL: postgres.url,
      PORT: String(port),
      ...settings,
      CACHE_BYTES: "2000000",
    });
    await server.start();
    return server;
  }));
  used.use(await startNginx(soak.folder, [first!, second!], port!));
  const disposables = used.move();
  return {
    ...{ soak, postgres, s3, settings, servers, balancer: `http://127.0.0.1:${port}` },
    uploads: new Uploads(),
    problems: [],
    [Symbol.asyncDispose]: () => disposables.disposeAsync(),
  };
}

function freePorts(count: number): number[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  return listeners.map((listener) => {
    listener.close();
    return listener.addr.port;
  });
}

/** nginx as docs/operations.md has it. */
async function startNginx(folder: string, [one, two]: number[], port: number) {
  const document = await Deno.readTextFile(
    new URL("../../docs/operations.md", import.meta.url),
  );
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
  return {
    async [Symbol.asyncDispose]() {
      nginx.kill("SIGTERM");
      await nginx.status;
    },
  };
}

/** Uploads in lanes of a branch each, to either server; after each answer the other one has the report. */
async function readThroughTheOther({ soak, servers, uploads, problems }: World): Promise<number> {
  let reads = 0, next = 0;
  const wanted = Math.min(READ, soak.seconds * 10);
  const kills = (async () => {
    for (let kill = 1; kill <= KILLS_WHILE_READING; kill++) {
      while (reads < wanted * kill / (KILLS_WHILE_READING + 1)) await pause(20);
      const server = servers[kill % 2]!;
      await server.process.stop("SIGKILL");
      await server.start();
    }
  })();
  const lane = async (branch_name: string) => {
    while (next < wanted) {
      const [taker, other] = next++ % 2 ? servers : servers.toReversed();
      const { status, report } = await uploads.sendReport(taker!.address, CUT, { branch_name });
      if (status !== 200) {
        next--;
        await pause(100);
        continue;
      }
      const path = `${INDEX}/${encodeURIComponent(branch_name)}/${report.fields.language}/archive`;
      const problem = await readWhole(other!.address, `${path}/report/index.html`, report);
      if (problem) problems.push(`STALE: ${report.fields.commit_hash}: ${problem}`);
      reads++;
    }
  };
  await Promise.all([
    ...Array.from({ length: LANES }, (_, number) => lane(`lane/${number}`)),
    kills,
  ]);
  return reads;
}

/** What is wrong with the page of a report; a server that is just killed is asked until it is back. */
async function readWhole(
  address: string,
  path: string,
  { files }: Report,
): Promise<string | undefined> {
  while (true) {
    const response = await fetch(address + path).catch(() => undefined);
    const page = await response?.bytes().catch(() => undefined);
    if (!response || !page) await pause(50);
    else if (files.has(fileOf("report/index.html", page))) return undefined;
    else return `${response.status} ${new TextDecoder().decode(page).slice(0, 100)}`;
  }
}

/** Kills either server at a moment of uploads through nginx, and starts it again. */
async function killDuringUploads({ balancer, servers, uploads }: World): Promise<void> {
  const stream = endlessly(LANES, async () => {
    if (await uploads.send(balancer, CUT) !== 200) await pause(100);
  });
  await pause(Math.random() * UPLOADING_MS);
  const server = servers[Math.floor(Math.random() * servers.length)]!;
  await server.process.stop("SIGKILL");
  await pause(200);
  await server.start();
  await stream.stop();
}

/** Something is away for a while amid uploads and reads; no answer is missing meanwhile. */
async function outage(
  { balancer, uploads, problems }: World,
  begin: () => Promise<void>,
  end: () => Promise<void>,
): Promise<void> {
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

/** What is lost, stale or left over, once retention has run. */
async function verify({ soak, servers, uploads, settings }: World): Promise<string[]> {
  const problems: string[] = [];
  // A report and a number more after all of that.
  for (const { address } of servers) await uploads.send(address);
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
