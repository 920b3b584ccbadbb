/**
 * A server on a scratch folder with the demo's history. Every upload goes through the API, as CI would
 * send it; only the times are moved into the past afterwards.
 */
import { join } from "node:path";
import { variableNames } from "../../src/config.ts";
import { openDatabase } from "../../src/db/connect.ts";
import { cobertura, gzip, tar } from "../../tests/support/archive.ts";
import { addDatabase } from "../../tests/support/folder.ts";
import { type RunningServer, startServer } from "../../tests/support/server.ts";
import { readArchiveFile } from "../../tests/support/test_data.ts";
import { demoHistory, type DemoUpload } from "./history.ts";

/** Dispose it to stop the server and to remove its folder. */
interface DemoServer extends AsyncDisposable {
  readonly address: string;
}

/** Starts the server and fills it, which takes some seconds. */
export async function startDemo(
  { end, port, progress }: {
    end: Date;
    port: string;
    progress: (done: number, all: number) => void;
  },
): Promise<DemoServer> {
  const folder = await Deno.makeTempDir({ prefix: "coverage-demo-" });
  let server: RunningServer | undefined;
  const dispose = async () => {
    await server?.stop("SIGTERM");
    await Deno.remove(folder, { recursive: true });
  };
  try {
    await addDatabase(folder);
    server = await start(folder, "0");
    const times = await upload(server.address, end, progress);
    await server.stop("SIGTERM");
    server = undefined;
    await movePast(join(folder, "postgres"), times);
    server = await start(folder, port);
    return { address: server.address, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function start(folder: string, port: string): Promise<RunningServer> {
  const server = await startServer({
    // The caller's settings must not lead the demo to other data.
    ...Object.fromEntries(variableNames.map((name) => [name, ""])),
    PORT: port,
    DATA_DIR: folder,
    LOG_LEVEL: "warning",
  });
  if (!("address" in server)) throw new Error(`The server exited: ${server.output}`);
  return server;
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

/** Moves the rows into the past; the next start derives the home page from them again. */
async function movePast(postgres: string, times: ReadonlyMap<number, Date>): Promise<void> {
  const { sql, close } = await openDatabase({ url: undefined, folder: postgres });
  try {
    const rows = Array.from(times, ([id, at]) => ({ id, at: at.toISOString() }));
    await sql`
      update coverages c set created_at = t.at, updated_at = t.at
      from jsonb_to_recordset(${sql.json(rows)}) as t (id bigint, at timestamptz)
      where c.id = t.id`;
    await sql`update repositories set default_branches = '{}'`;
  } finally {
    await close();
  }
}
