/**
 * Whether everything is there: looks at the rows, the folders and the answers, and trusts no counter.
 *
 * @module
 */
import { join } from "node:path";
import type { Sql } from "postgres";
import { storedReports } from "../../src/db/stored_reports.ts";
import { ReportStore } from "../../src/reports/store.ts";
import { sweep } from "../../src/reports/sweep.ts";
import { logTo } from "../../tests/support/log.ts";
import { storedReports as foldersOf, tree } from "../../tests/support/reports.ts";
import type { Server } from "./scenario.ts";
import { type Report, sha256, type Uploads } from "./uploads.ts";

interface Row {
  readonly id: number;
  readonly branch_name: string;
  readonly language: string;
  readonly commit_hash: string;
  readonly percentage: number;
  readonly report_id: string;
  readonly active: boolean;
  readonly stored: boolean;
}

/**
 * What is lost or out of place in a server that has nothing to do. Folders without a row are swept
 * first, as the server does once an hour; one that an acknowledged upload needs is missed then.
 */
export async function verify(server: Server, uploads: Uploads): Promise<string[]> {
  try {
    return await server.look(async (sql) => {
      const rows = await sql<Row[]>`
        select id::float8 as id, branch_name, language, commit_hash, report_id,
          percentage::float8 as percentage, deleted_at is null as active,
          report_stored as stored
        from coverages order by id`;
      await sweepNow(sql, server.reports);
      return [
        ...missing(rows, uploads),
        ...(await Promise.all(rows.map((row) => rowProblems(row, rows, server, uploads)))).flat(),
        ...await folderProblems(rows, server.reports),
        ...await answerProblems(rows.filter(({ active }) => active), server.address, uploads),
      ];
    });
  } catch (error) {
    return [`${Deno.inspect(error)}\nThe server's log:\n${server.process.output().slice(-4000)}`];
  }
}

async function sweepNow(sql: Sql, reports: string): Promise<void> {
  using store = await ReportStore.open(reports);
  const stored = (ids: readonly string[]) => storedReports(sql, ids);
  await sweep(store, { stored, graceMs: -60_000, log: logTo([]) });
}

function missing(rows: readonly Row[], { acknowledged }: Uploads): string[] {
  const commits = new Map(rows.map(({ id, commit_hash }) => [id, commit_hash]));
  return [...acknowledged].filter(([id, number]) => commits.get(id) !== `upload.${number}`)
    .map(([id, number]) => `LOST: upload ${number} was acknowledged as row ${id}, which is gone`);
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
  if (row.stored) problems.push(...await contentProblems(join(reports, row.report_id), report));
  const lost = uploads.acknowledged.has(row.id) ? "LOST: " : "";
  return problems.map((what) => `${lost}row ${row.id}, upload ${report.number}, ${what}`);
}

/** What a report's folder lacks, has too much, or otherwise than it was sent. */
async function contentProblems(folder: string, { files }: Report): Promise<string[]> {
  const paths = await tree(folder).catch(() => []);
  const actual = paths.filter((path) => !path.endsWith("/"));
  const problems = actual.filter((path) => !files.has(path)).map((path) => `has ${path} too much`);
  for (const [path, hash] of files) {
    if (!actual.includes(path)) problems.push(`lacks ${path}`);
    else if (sha256(await Deno.readFile(join(folder, path))) !== hash) {
      problems.push(`has other bytes in ${path}`);
    }
  }
  return problems;
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
async function answerProblems(active: readonly Row[], address: string, { sent }: Uploads) {
  const list = await (await fetch(`${address}/coverages-api`)).json();
  const listed = Object.values(list.data).flat() as { id: number; report_url: string }[];
  const problems = listed.length === active.length
    ? []
    : [`the list has ${listed.length} rows, and ${active.length} are active`];
  await Promise.all(active.map(async (row) => {
    const url = listed.find(({ id }) => id === row.id)?.report_url;
    const report = sent.get(row.commit_hash);
    if (!url || !report) return problems.push(`row ${row.id} is not in the list`);
    const page = await fetch(url);
    const hash = sha256(await page.bytes());
    if (page.status !== 200 || hash !== report.files.get("report/index.html")) {
      problems.push(`LOST: the report of row ${row.id} is answered ${page.status}, not its page`);
    }
    const query = new URLSearchParams(report.fields);
    const badge = await (await fetch(`${address}/coverages-api/badge?${query}`)).text();
    const percentage = `${row.percentage.toFixed(2)}%`;
    if (!badge.includes(percentage)) problems.push(`row ${row.id}'s badge is not ${percentage}`);
  }));
  return problems;
}
