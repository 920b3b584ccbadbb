/**
 * Whether all is there: looks at the rows, the folders and the answers, and trusts no counter.
 *
 * @module
 */
import { join } from "node:path";
import type { Sql } from "postgres";
import { tree } from "../../tests/support/reports.ts";
import { commitOf, type Manifest, sha256 } from "./cargo.ts";

/** What was found. */
export interface Verdict {
  /** Acknowledged uploads without their row, or without what it says they have. */
  readonly lost: number;
  /** A sentence for each thing out of place. */
  readonly problems: readonly string[];
}

/** Where to look. */
export interface Evidence {
  /** The database. */
  readonly sql: Sql;
  /** The reports folder. */
  readonly reports: string;
  /** All uploads that were sent, by number. */
  readonly sent: ReadonlyMap<number, Manifest>;
  /** The numbers of uploads that were acknowledged, by their rows' ids. */
  readonly acknowledged: ReadonlyMap<number, number>;
}

interface Row {
  id: number;
  branch_name: string;
  language: string;
  commit_hash: string;
  percentage: number;
  report_id: string;
  active: boolean;
  stored: boolean;
}

/** Reads the rows; `stored` are those whose report must be there. */
async function readRows(sql: Sql): Promise<Row[]> {
  return await sql<Row[]>`
    select id::float8 as id, branch_name, language, commit_hash, report_id,
      percentage::float8 as percentage, deleted_at is null as active,
      report_stored as stored
    from coverages order by id`;
}

/**
 * Compares the rows with what was sent and acknowledged, and each report with what was sent, byte for
 * byte. Nothing may be under way meanwhile.
 */
export async function judgeStored(
  { sql, reports, sent, acknowledged }: Evidence,
): Promise<Verdict> {
  const problems: string[] = [];
  const lost = new Set<number>();
  const rows = await readRows(sql);
  const byId = new Map(rows.map((row) => [row.id, row]));
  for (const [id, number] of acknowledged) {
    if (byId.get(id)?.commit_hash === commitOf(number)) continue;
    lost.add(id);
    problems.push(`upload ${number} was acknowledged as row ${id}, which is not there`);
  }
  const byCommit = new Map([...sent.values()].map((cargo) => [commitOf(cargo.number), cargo]));
  const newest = new Map(rows.map((row) => [`${row.branch_name} ${row.language}`, row.id]));
  for (const row of rows) {
    const cargo = byCommit.get(row.commit_hash);
    if (!cargo) {
      problems.push(`row ${row.id} is of ${row.commit_hash}, which was never sent`);
      continue;
    }
    const wrong = rowProblems(row, cargo, newest);
    if (row.stored) wrong.push(...await reportProblems(join(reports, row.report_id), cargo));
    if (wrong.length > 0 && acknowledged.has(row.id)) lost.add(row.id);
    problems.push(...wrong.map((what) => `row ${row.id}, upload ${cargo.number}: ${what}`));
  }
  return { lost: lost.size, problems };
}

function rowProblems(row: Row, cargo: Manifest, newest: ReadonlyMap<string, number>): string[] {
  const problems: string[] = [];
  const { branch_name, language } = cargo.fields;
  if (row.branch_name !== branch_name || row.language !== language) {
    problems.push(`it is of ${row.branch_name} in ${row.language}, not what was sent`);
  }
  if (row.percentage !== cargo.percentage) {
    problems.push(`it has ${row.percentage} %, and what was sent ${cargo.percentage} %`);
  }
  const isNewest = newest.get(`${row.branch_name} ${row.language}`) === row.id;
  if (row.active !== isNewest) {
    problems.push(row.active ? "it is active beside a newer one" : "the newest is not active");
  }
  return problems;
}

/** What a report's folder lacks, has too much or otherwise than it was sent. */
async function reportProblems(folder: string, { files }: Manifest): Promise<string[]> {
  const paths = await tree(folder).catch(ifGone);
  if (!paths) return ["its report's folder is gone"];
  const problems: string[] = [];
  const actual = new Set(paths.filter((path) => !path.endsWith("/")));
  for (const path of actual) if (!files.has(path)) problems.push(`${path} was never sent`);
  for (const [path, hash] of files) {
    if (!actual.has(path)) problems.push(`${path} is gone`);
    else if (await sha256(await Deno.readFile(join(folder, path))) !== hash) {
      problems.push(`${path} has other bytes than were sent`);
    }
  }
  return problems;
}

/** What is in staging beside the place of the one server that runs. */
export async function judgeStaging(reports: string): Promise<string[]> {
  const left = await tree(join(reports, ".staging"));
  const own = left.find((path) => path.endsWith(".lock"))?.slice(0, -".lock".length);
  return left.filter((path) => path !== `${own}.lock` && path !== `${own}/`)
    .map((path) => `.staging/${path} is left over`);
}

/** The folders that no row points at; there are none once the sweeper has gone through them. */
export async function judgeFolders({ sql, reports }: Pick<Evidence, "sql" | "reports">) {
  const known = new Set(
    (await readRows(sql)).filter(({ stored }) => stored)
      .map(({ report_id }) => report_id),
  );
  const folders: string[] = [];
  for await (const { name } of Deno.readDir(reports)) if (!name.startsWith(".")) folders.push(name);
  return folders.filter((id) => !known.has(id)).map((id) => `no row has a report in folder ${id}`);
}

/** What the server answers otherwise than the rows and the disk would have it. */
export async function judgeAnswers(
  address: string,
  { sql, sent }: Pick<Evidence, "sql" | "sent">,
): Promise<string[]> {
  const problems: string[] = [];
  const byCommit = new Map([...sent.values()].map((cargo) => [commitOf(cargo.number), cargo]));
  const rows = (await readRows(sql)).filter(({ active }) => active);
  const list = await (await fetch(`${address}/coverages-api`)).json();
  const listed: { id: number; report_url: string }[] = Object.values(list.data ?? {})
    .flat() as never;
  const urls = new Map(listed.map(({ id, report_url }) => [id, report_url]));
  if (listed.length !== rows.length) {
    problems.push(`the list has ${listed.length} rows, and ${rows.length} are active`);
  }
  await Promise.all(rows.map(async (row) => {
    const url = urls.get(row.id), cargo = byCommit.get(row.commit_hash);
    if (!url || !cargo) return problems.push(`row ${row.id} is not in the list, or was never sent`);
    const page = await fetch(url);
    const hash = await sha256(await page.bytes());
    if (page.status !== 200 || hash !== cargo.files.get("report/index.html")) {
      problems.push(`the report of row ${row.id} is answered ${page.status}, not with its page`);
    }
    const badge = await fetch(
      `${address}/coverages-api/badge?${new URLSearchParams(cargo.fields)}`,
    );
    if (!(await badge.text()).includes(`${row.percentage.toFixed(2)}%`)) {
      problems.push(`the badge of row ${row.id} does not say ${row.percentage.toFixed(2)}%`);
    }
  }));
  return problems;
}

function ifGone(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
