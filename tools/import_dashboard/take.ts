/**
 * A repository of the ancestor's, taken over whole or not at all.
 *
 * @module
 */
import type { Sql, TransactionSql } from "postgres";
import { summarise } from "../../src/db/repository_summary.ts";
import { isDatabaseAway } from "../../src/errors.ts";
import { insertCoverages, markNewest } from "../../src/moving/rows.ts";
import type { ReportStore, StagedReport } from "../../src/reports/store.ts";
import type { PlannedRow } from "./plan.ts";
import { type CopiedReport, copyReport, writeNoReport } from "./report.ts";

/** Rows that are added by one statement. */
const BATCH = 1000;

/** What a repository is taken with. */
export interface Taking {
  /** The database to add to. */
  readonly sql: Sql;
  /** The reports to add to. */
  readonly store: ReportStore;
  /** The ancestor's assets. */
  readonly assets: string;
  /** Which branch stands for a repository. */
  readonly defaultBranches: readonly string[];
}

/** What came of the report of each active row; nothing where there was none. */
export type CopiedReports = Map<PlannedRow, CopiedReport | undefined>;

/** An active row's report. */
interface TakenReport extends CopiedReport {
  readonly id: string;
}

/**
 * Copies the reports, as `copied` then says, and adds the rows, as an upload does. False, with
 * nothing changed, where the repository is there already.
 */
export async function takeRepository(
  { sql, store, assets, defaultBranches }: Taking,
  rows: readonly PlannedRow[],
  copied: CopiedReports,
): Promise<boolean> {
  const all: StagedReport[] = [];
  const reports = new Map<PlannedRow, TakenReport>();
  const discard = async () => {
    for (const staged of all) await staged.discard();
  };
  try {
    for (const row of rows.filter(({ deleted_at }) => deleted_at === null)) {
      const staged = await store.stage();
      all.push(staged);
      const report = row.folder ? await copyReport(assets, row.folder, staged) : undefined;
      copied.set(row, report);
      reports.set(row, { ...report ?? await writeNoReport(staged), id: staged.id });
    }
    for (const staged of all) await staged.publish();
    const isAdded = await sql.begin(async (tx) => {
      const id = await addRepository(tx, rows);
      if (id === undefined) return false;
      await addRows(tx, id, rows, reports);
      await markNewest(tx, id);
      await summarise(tx, [String(id)], defaultBranches);
      return true;
    });
    if (!isAdded) await discard();
    return isAdded;
  } catch (error) {
    // With the outcome unknown rows may point at the folders; the sweeper finds out and decides.
    if (!isDatabaseAway(error)) await discard();
    throw error;
  }
}

async function addRepository(
  tx: TransactionSql,
  rows: readonly PlannedRow[],
): Promise<number | undefined> {
  const { org_name, repo_name, created_at } = rows[0]!;
  const [added] = await tx<{ id: number }[]>`
    insert into repositories (org_name, repo_name, created_at)
    values (${org_name}, ${repo_name}, ${created_at})
    on conflict do nothing returning id::float8 as id`;
  return added?.id;
}

async function addRows(
  tx: TransactionSql,
  repository_id: number,
  rows: readonly PlannedRow[],
  reports: ReadonlyMap<PlannedRow, TakenReport>,
): Promise<void> {
  const ids = await tx<{ id: number }[]>`
    select nextval(pg_get_serial_sequence('coverages', 'id'))::float8 as id
    from generate_series(1, ${rows.length}::int)`;
  const coverages = rows.map((row, place) => {
    const report = reports.get(row);
    return {
      id: ids[place]!.id,
      repository_id,
      branch_name: row.branch_name,
      commit_hash: row.commit_hash,
      commit_author: row.commit_author,
      language: row.language,
      percentage: row.percentage,
      // The ancestor kept neither these nor what it had read.
      lines_covered: null,
      lines_valid: null,
      format: "unknown",
      report_id: report?.id ?? crypto.randomUUID(),
      report_index: report?.index ?? null,
      created_at: row.created_at.toISOString(),
      updated_at: row.updated_at.toISOString(),
      deleted_at: row.deleted_at?.toISOString() ?? null,
      report_stored: report !== undefined,
      report_bytes: report?.bytes ?? null,
      report_files: report?.files ?? null,
    };
  });
  for (let start = 0; start < coverages.length; start += BATCH) {
    await insertCoverages(tx, coverages.slice(start, start + BATCH));
  }
}
