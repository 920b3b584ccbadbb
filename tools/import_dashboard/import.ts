/**
 * Copies the uploads and reports of a code-coverage-dashboard, the open-source server whose API this
 * one has: each repository completely or not at all, so that it can be repeated after an interruption.
 */
import type { Sql, TransactionSql } from "postgres";
import { summarise } from "../../src/db/repositories.ts";
import { isDatabaseAway, quote } from "../../src/errors.ts";
import type { ReportStore, StagedReport } from "../../src/reports/store.ts";
import { type CopiedReport, copyReport, writePlaceholder } from "./report.ts";
import { type DashboardRow, parseRow, planUploads, type Upload } from "./rows.ts";
import type { RawRow } from "./source.ts";

/** Rows of one `insert`. */
const BATCH = 1000;

interface ImportOptions {
  readonly sql: Sql;
  readonly store: ReportStore;
  /** The dashboard's folder of reports. */
  readonly assets: string;
  readonly defaultBranches: readonly string[];
  /** Copies nothing. */
  readonly dryRun: boolean;
  print(line: string): void;
}

/** The report of each active upload; nothing where there is none. */
type Reports = Map<Upload, CopiedReport | undefined>;

/** Imports what the rows describe, repository by repository, and returns the totals. */
export async function importDashboard(raw: readonly RawRow[], options: ImportOptions) {
  const { sql, print } = options;
  const totals = {
    repositories: 0,
    uploads: 0,
    reports: 0,
    withoutReport: 0,
    skippedRows: 0,
    skippedRepositories: 0,
  };
  const rows: DashboardRow[] = [];
  for (const row of raw.map(parseRow)) {
    if (typeof row !== "string") rows.push(row);
    else {
      totals.skippedRows++;
      print(`Skipped: ${row}.`);
    }
  }
  const fullName = ({ org_name, repo_name }: DashboardRow) => `${org_name}/${repo_name}`;
  for (const mine of Map.groupBy(rows, (row) => fullName(row).toLowerCase()).values()) {
    const name = fullName(mine[0]!);
    if (await exists(sql, mine[0]!)) {
      totals.skippedRepositories++;
      print(`${name} already exists; skipped.`);
      continue;
    }
    const uploads = planUploads(mine);
    const reports = await importRepository(uploads, options);
    const copied = [...reports.values()].filter((report) => report !== undefined);
    totals.repositories++;
    totals.uploads += uploads.length;
    totals.reports += copied.length;
    totals.withoutReport += reports.size - copied.length;
    const sum = (of: "files" | "bytes") => copied.reduce((sum, report) => sum + report[of], 0);
    print(
      `${name}: ${uploads.length} uploads, ${reports.size} of them active; ` +
        `${copied.length} reports with ${sum("files")} files, ${sum("bytes")} bytes.`,
    );
    for (const [{ branch_name, language }, report] of reports) {
      if (!report) print(`  ${quote(branch_name)} in ${language} has no report.`);
      for (const sentence of report?.skipped ?? []) print(`  Skipped: ${sentence}.`);
    }
  }
  return totals;
}

async function exists(sql: Sql, { org_name, repo_name }: DashboardRow): Promise<boolean> {
  const rows = await sql`
    select from repositories
    where lower(org_name) = lower(${org_name}) and lower(repo_name) = lower(${repo_name})`;
  return rows.length > 0;
}

/** Copies the reports and then adds the rows, as an upload does. */
async function importRepository(
  uploads: readonly Upload[],
  { sql, store, assets, defaultBranches, dryRun }: ImportOptions,
): Promise<Reports> {
  const staged = new Map<Upload, StagedReport>();
  const reports: Reports = new Map();
  try {
    for (const upload of uploads.filter(({ deleted_at }) => deleted_at === null)) {
      if (!dryRun) staged.set(upload, await store.stage());
      const { folder } = upload;
      const report = folder && await copyReport(assets, folder, staged.get(upload));
      reports.set(upload, report || undefined);
    }
    if (dryRun) return reports;
    const stored = new Map<Upload, CopiedReport & { id: string }>();
    for (const [upload, report] of staged) {
      const copied = reports.get(upload) ?? await writePlaceholder(report);
      stored.set(upload, { ...copied, id: report.id });
    }
    for (const report of staged.values()) await report.publish();
    await sql.begin((tx) => addRows(tx, uploads, stored, defaultBranches));
    return reports;
  } catch (error) {
    // When the outcome is unknown, rows may point at the folders; the server's sweep decides.
    if (!isDatabaseAway(error)) { for (const report of staged.values()) await report.discard(); }
    throw error;
  }
}

async function addRows(
  tx: TransactionSql,
  uploads: readonly Upload[],
  stored: ReadonlyMap<Upload, CopiedReport & { id: string }>,
  defaultBranches: readonly string[],
): Promise<void> {
  const { org_name, repo_name, created_at } = uploads[0]!;
  const [repository] = await tx<{ id: string }[]>`
    insert into repositories ${tx({ org_name, repo_name, created_at })} returning id`;
  const rows = uploads.map(
    ({ id: _id, org_name: _org, repo_name: _repo, folder: _, ...row }, n) => {
      const report = stored.get(uploads[n]!);
      return {
        ...row,
        repository_id: repository!.id,
        lines_covered: null,
        lines_valid: null,
        format: "unknown",
        report_id: report?.id ?? crypto.randomUUID(),
        report_index: report?.index ?? null,
        report_stored: report !== undefined,
        report_bytes: report?.bytes ?? 0,
        report_files: report?.files ?? 0,
      };
    },
  );
  for (let start = 0; start < rows.length; start += BATCH) {
    await tx`insert into coverages ${tx(rows.slice(start, start + BATCH))}`;
  }
  await summarise(tx, [repository!.id], defaultBranches);
}
