/**
 * How long the home page takes, with many repositories.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeDatabase } from "./database.ts";
import { fill } from "./fill.ts";
import { startProgram } from "./program.ts";
import { makeReport, SMALL_REPORT } from "./report.ts";
import { makeScratch } from "./scratch.ts";
import { judge, type Section } from "./section.ts";
import { uploadUrl } from "./send.ts";
import { startServer } from "./server.ts";
import { median } from "./statistics.ts";

const SIZE = { repositories: 2000, rowsEach: 100 };
const WARM_UPS = 300;
const ROUNDS = 1000;
/** Rounds with an upload before each, which takes longer than what is measured. */
const UPLOAD_ROUNDS = 200;
/** Times that of a page of as many bytes that is in memory. */
const BOUND = 3;

/** Asks the server, and one that has the page ready, in turn. */
export async function measureDashboard(): Promise<Section> {
  await using scratch = await makeScratch();
  const data = join(scratch.folder, "data");
  await Deno.mkdir(data);
  {
    await using database = await makeDatabase(data, { embedded: true });
    await fill(database.sql, SIZE);
  }
  const report = await makeReport(scratch.folder, SMALL_REPORT);
  const archive = await Deno.readFile(report.archive);
  await using server = await startServer(data);
  const page = `${server.address}/coverages-ui`;
  const html = join(scratch.folder, "page.html");
  await Deno.writeFile(html, await ask(page));
  const { size } = await Deno.stat(html);
  const emptyScript = fileURLToPath(new URL("./empty.ts", import.meta.url));
  await using empty = await startProgram(
    ["run", "--allow-net", "--allow-read", emptyScript, html],
    {
      env: {},
      readyPath: "/",
    },
  );

  const quiet = { page: [] as number[], empty: [] as number[] };
  for (let round = -WARM_UPS; round < ROUNDS; round++) {
    const took = { page: await time(page), empty: await time(empty.address) };
    if (round < 0) continue;
    quiet.page.push(took.page);
    quiet.empty.push(took.empty);
  }
  const afterUpload: number[] = [];
  for (let round = 0; round < UPLOAD_ROUNDS; round++) {
    await upload(server.address, archive);
    afterUpload.push(await time(page));
  }

  const ready = median(quiet.empty);
  const ratio = (ms: readonly number[]) => median(ms) / ready;
  const verdict = judge("dashboard: the home page's time against a page in memory", {
    value: ratio(quiet.page),
    bound: BOUND,
    unit: " x",
  });
  const row = (what: string, ms: readonly number[]) => [
    what,
    `${median(ms).toFixed(3)} ms`,
    `${ratio(ms).toFixed(2)} x`,
  ];
  return {
    title: `dashboard: ${SIZE.repositories} repositories, ` +
      `${SIZE.repositories * SIZE.rowsEach} uploads, embedded database, one request at a time`,
    table: [
      ["", "median", "ratio", "bound", "verdict"],
      row(`${size} bytes in memory (yardstick)`, quiet.empty),
      [...row("home page", quiet.page), ...verdict.cells],
      row("home page, right after an upload", afterUpload),
    ],
    notes: [],
    missed: verdict.missed,
  };
}

async function ask(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  const body = await response.bytes();
  if (response.status !== 200) throw new Error(`${url} was answered ${response.status}`);
  return body;
}

async function time(url: string): Promise<number> {
  const startedAt = performance.now();
  await ask(url);
  return performance.now() - startedAt;
}

async function upload(address: string, archive: Uint8Array<ArrayBuffer>): Promise<void> {
  const response = await fetch(uploadUrl(address, { branch: "main", coverageFile: "jacoco.xml" }), {
    method: "POST",
    body: archive,
    headers: { "content-type": "application/gzip" },
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`an upload was answered ${response.status}: ${answer}`);
}
