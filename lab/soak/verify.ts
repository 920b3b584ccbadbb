/** Whether everything is there: compares rows, folders and answers with what was sent. */
import { join } from "node:path";
import type { Sql } from "postgres";
import { storedReports } from "../../src/db/stored_reports.ts";
import { ReportStore } from "../../src/reports/store.ts";
import { sweep } from "../../src/reports/sweep.ts";
import { logTo } from "../../tests/support/log.ts";
import { storedReports as foldersOf, tree } from "../../tests/support/reports.ts";
import type { Server } from "./scenario.ts";
import { fileOf, type Report, type Uploads } from "./uploads.ts";

type Row =
  & Record<"branch_name" | "language" | "commit_hash" | "report_id", string>
  & Record<"id" | "percentage", number>
  & Record<"active" | "stored", boolean>;

/**
 * What is lost or out of place in a server that has nothing to do. Folders without a row are swept
 * first, as the server does once an hour; one that an acknowledged upload needs is missed then.
 */
export async function verify(server: Server, uploads: Uploads): Promise<string[]> {
  if (server.process.hasEnded()) return [`LOST: the server ended:\n${server.process.output()}`];
  try {
    return await server.look(async (sql) => {
      const rows = await readRows(sql);
      await sweepNow(sql, server.reports);
      return [
        ...lostRows(rows, uploads),
        ...(await Promise.all(rows.map((row) => rowProblems(row, rows, server, uploads)))).flat(),
        ...await folderProblems(rows, server.reports),
        ...await answerProblems(rows, server.address, uploads),
      ];
    });
  } catch (error) {
    return [`${Deno.inspect(error)}\nThe server's log:\n${server.process.output().slice(-4000)}`];
  }
}

export async function readRows(sql: Sql): Promise<Row[]> {
  return await sql<Row[]>`
    select id::float8 as id, branch_name, language, commit_hash, report_id,
      percentage::float8 as percentage, deleted_at is null as active, report_stored as stored
    from coverages order by id`;
}

export function lostRows(rows: readonly Row[], { acknowledged }: Uploads): string[] {
  const commits = new Map(rows.map(({ id, commit_hash }) => [id, commit_hash]));
  return [...acknowledged].filter(([id, commit]) => commits.get(id) !== commit)
    .map(([id, commit]) => `LOST: ${commit} was acknowledged as row ${id}, which is gone`);
}

async function sweepNow(sql: Sql, reports: string): Promise<void> {
  using store = await ReportStore.open(reports);
  const stored = (ids: readonly string[]) => storedReports(sql, ids);
  await sweep(store, { stored, graceMs: -60_000, log: logTo([]) });
}

async function rowProblems(
  row: Row,
  rows: readonly Row[],
  { reports }: Server,
  uploads: Uploads,
): Promise<string[]> {
  const report = uploads.sent.get(row.commit_hash);
  if (!report) return [`row ${row.id} is of ${row.commit_hash}, which was never sent`];
  const isOf = (other: Row | Report["fields"]) =>
    other.branch_name === row.branch_name && other.language === row.language;
  const problems: string[] = [];
  if (!isOf(report.fields)) problems.push(`is of ${row.branch_name} in ${row.language}`);
  if (row.percentage !== report.percentage) {
    problems.push(`has ${row.percentage} %, not ${report.percentage} %`);
  }
  const isNewest = rows.findLast(isOf) === row;
  if (row.active !== isNewest) problems.push(isNewest ? "is not active" : "is active, not newest");
  const files = await filesIn(join(reports, row.report_id));
  const other = row.stored ? [...report.files.symmetricDifference(files)] : [];
  if (other.length > 0) problems.push(`lacks, or has too much: ${other.join(", ")}`);
  const lost = uploads.acknowledged.has(row.id) ? "LOST: " : "";
  return problems.map((what) => `${lost}row ${row.id}, ${row.commit_hash}, ${what}`);
}

/** The files below a folder, each with its SHA-256; none where it is gone. */
async function filesIn(folder: string): Promise<Set<string>> {
  const paths = (await tree(folder).catch(() => [])).filter((path) => !path.endsWith("/"));
  const read = async (path: string) => fileOf(path, await Deno.readFile(join(folder, path)));
  return new Set(await Promise.all(paths.map(read)));
}

/** What is in staging beside the folder and lock of the one server, and folders without a row. */
async function folderProblems(rows: readonly Row[], reports: string): Promise<string[]> {
  const known = new Set(rows.filter(({ stored }) => stored).map(({ report_id }) => report_id));
  const { published } = await foldersOf(reports);
  const staging = await tree(join(reports, ".staging"));
  return [
    ...published.filter((id) => !known.has(id)).map((id) => `no row has a report in folder ${id}`),
    ...staging.length > 2 ? [`left over in staging: ${staging.join(", ")}`] : [],
  ];
}

/** What the server answers otherwise than the rows and what was sent would have it. */
export async function answerProblems(rows: readonly Row[], address: string, { sent }: Uploads) {
  const active = rows.filter((row) => row.active);
  const list = await (await fetch(`${address}/coverages-api`)).json();
  const listed = Object.values(list.data).flat() as { id: number; report_url: string }[];
  const problems: string[] = [];
  if (listed.length > active.length) problems.push(`the list has ${listed.length} rows`);
  await Promise.all(active.map(async (row) => {
    const url = listed.find(({ id }) => id === row.id)?.report_url;
    const report = sent.get(row.commit_hash);
    if (!url || !report) return problems.push(`row ${row.id} is not in the list`);
    const page = await fetch(url);
    if (!report.files.has(fileOf("report/index.html", await page.bytes()))) {
      problems.push(`LOST: the report of row ${row.id} is answered ${page.status}, not its page`);
    }
    const query = new URLSearchParams(report.fields);
    const badge = await (await fetch(`${address}/coverages-api/badge?${query}`)).text();
    const percentage = `${row.percentage.toFixed(2)}%`;
    if (!badge.includes(percentage)) problems.push(`row ${row.id}'s badge is not ${percentage}`);
  }));
  return problems;
}
