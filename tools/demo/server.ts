/**
 * A server on a scratch folder with the demo's history. Every upload goes through the API, as CI would
 * send it; only the times are moved into the past afterwards.
 */
import { join } from "node:path";
import type { Sql } from "postgres";
import { unpack } from "../../src/archive/extract.ts";
import { readConfig } from "../../src/config.ts";
import { openDatabase } from "../../src/db/connect.ts";
import { migrate, readMigrations } from "../../src/db/migrate.ts";
import { summariseAll } from "../../src/db/repositories.ts";
import { CoverageThread } from "../../src/formats/parser_thread.ts";
import { listen } from "../../src/http/listener.ts";
import { createLog } from "../../src/log.ts";
import { openReports } from "../../src/reports/bucket_store.ts";
import { createApp } from "../../src/server.ts";
import { Metrics } from "../../src/telemetry/metrics.ts";
import { cobertura, gzip, tar } from "../../tests/support/archive.ts";
import { addDatabase } from "../../tests/support/folder.ts";
import { readArchiveFile } from "../../tests/support/test_data.ts";
import { demoHistory, type DemoUpload } from "./history.ts";

/** Dispose it to stop the server and to remove its folder. */
interface DemoServer extends AsyncDisposable {
  readonly address: string;
}

/** Starts the server, in this process, and fills it, which takes some seconds. */
export async function startDemo(
  { end, port, progress }: {
    end: Date;
    port: string;
    progress: (done: number, all: number) => void;
  },
): Promise<DemoServer> {
  await using resources = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "coverage-demo-" });
  resources.defer(() => Deno.remove(folder, { recursive: true }));
  await addDatabase(folder);
  // The caller's settings must not lead the demo to other data.
  const config = readConfig({ PORT: port });
  const log = await createLog({ level: "warning", format: "text" });
  const { sql, close } = await openDatabase({ folder: join(folder, "postgres") });
  resources.defer(close);
  await migrate(sql, await readMigrations());
  const store = resources.use(
    await openReports(join(folder, "reports"), undefined, { unpack, log }),
  );
  const thread = resources.use(new CoverageThread(config.limits));
  const metrics = new Metrics();
  const app = createApp({ config, sql, store, readCoverage: thread.read, metrics, log });
  const server = listen(app, config);
  resources.defer(() => server.stop());
  await movePast(sql, await upload(server.address, end, progress));
  await summariseAll(sql, config.defaultBranches);
  const running = resources.move();
  return { address: server.address, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** Uploads the history in its order; returns the time of each row. */
async function upload(
  address: string,
  end: Date,
  progress: (done: number, all: number) => void,
): Promise<Map<number, Date>> {
  const { uploads, syncs } = demoHistory(end);
  const api = `${address}/coverages-api`;
  const times = new Map<number, Date>();
  for (const { at, report, ...fields } of uploads) {
    const coverage_xml_file_name = "archive" in report ? report.coverageFile : "coverage.xml";
    const query = new URLSearchParams({ ...fields, coverage_xml_file_name });
    const answer = await send(`${api}?${query}`, {
      method: "POST",
      headers: { "content-type": "application/gzip" },
      body: "archive" in report ? await readArchiveFile(report.archive) : await invented(report),
    });
    times.set(answer.coverage.id, at);
    progress(times.size, uploads.length);
  }
  for (const sync of syncs) await send(api, { method: "PUT", body: JSON.stringify(sync) });
  return times;
}

// deno-lint-ignore no-explicit-any
async function send(url: string, init: RequestInit): Promise<any> {
  const response = await fetch(url, init);
  const answer = await response.json();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

async function invented(
  { covered, valid }: Extract<DemoUpload["report"], { covered: number }>,
): Promise<Uint8Array<ArrayBuffer>> {
  const html = `<!DOCTYPE html><title>Invented</title><h1>${covered} of ${valid} lines</h1>`;
  return await gzip(tar([
    { name: "coverage/index.html", content: html },
    { name: "coverage/coverage.xml", content: cobertura(covered, valid) },
  ]));
}

/** Moves the rows into the past. What the home page shows is to be derived from them again. */
async function movePast(sql: Sql, times: ReadonlyMap<number, Date>): Promise<void> {
  const rows = Array.from(times, ([id, at]) => ({ id, at: at.toISOString() }));
  await sql`
    update coverages c set created_at = t.at, updated_at = t.at
    from jsonb_to_recordset(${sql.json(rows)}) as t (id bigint, at timestamptz)
    where c.id = t.id`;
  await sql`update repositories set default_branches = '{}'`;
}
