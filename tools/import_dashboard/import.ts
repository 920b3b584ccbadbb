/**
 * Takes over the uploads and reports of a code-coverage-dashboard, the open-source server whose API
 * this one has, repository by repository. A repository that is here already is left as it is, so
 * that it can be run again after whatever stopped it.
 *
 * @module
 */
import type { Sql } from "postgres";
import { quote } from "../../src/errors.ts";
import { type PlannedRow, planRepository } from "./plan.ts";
import { type CopiedReport, copyReport } from "./report.ts";
import { type AncestorRow, readRow } from "./rows.ts";
import type { RawRow } from "./connection.ts";
import { type CopiedReports, takeRepository, type Taking } from "./take.ts";

/** What was taken over, and what was not. */
export interface Taken {
  /** Repositories that were taken. */
  repositories: number;
  /** Their uploads. */
  uploads: number;
  /** Their reports. */
  reports: number;
  /** Active uploads of which there was no report. */
  withoutReport: number;
  /** Rows that no upload could have made. */
  refused: number;
  /** Repositories that are here already. */
  present: number;
}

/** Does it, or with `dryRun` only looks at what would be done; every line to say goes to `say`. */
export async function importAncestor(
  taking: Taking,
  repositories: AsyncIterable<RawRow[]>,
  { dryRun, say }: { dryRun: boolean; say: (line: string) => void },
): Promise<Taken> {
  const taken: Taken = {
    repositories: 0,
    uploads: 0,
    reports: 0,
    withoutReport: 0,
    refused: 0,
    present: 0,
  };
  for await (const raw of repositories) {
    const rows: AncestorRow[] = [];
    for (const row of raw.map(readRow)) {
      if (typeof row !== "string") rows.push(row);
      else {
        taken.refused++;
        say(`Left out: ${row}.`);
      }
    }
    if (rows.length === 0) continue;
    const planned = planRepository(rows);
    const name = `${rows[0]!.org_name}/${rows[0]!.repo_name}`;
    const copied: CopiedReports = new Map();
    const isTaken = !await isPresent(taking.sql, rows[0]!) &&
      (dryRun
        ? await look(taking.assets, planned, copied)
        : await takeRepository(taking, planned, copied));
    if (!isTaken) {
      taken.present++;
      say(`${name} is here already, and is left as it is.`);
      continue;
    }
    const reports = [...copied.values()].filter((report) => report !== undefined);
    taken.repositories++;
    taken.uploads += planned.length;
    taken.reports += reports.length;
    taken.withoutReport += copied.size - reports.length;
    say(describe(name, planned, reports));
    for (const [row, report] of copied) {
      if (!report) say(`  ${quote(row.branch_name)} in ${row.language} has no report.`);
      for (const sentence of report?.leftOut ?? []) say(`  Left out: ${sentence}.`);
    }
  }
  return taken;
}

/** As taking a repository that is not here would go. */
async function look(
  assets: string,
  rows: readonly PlannedRow[],
  copied: CopiedReports,
): Promise<true> {
  for (const row of rows.filter(({ deleted_at }) => deleted_at === null)) {
    copied.set(row, row.folder ? await copyReport(assets, row.folder, undefined) : undefined);
  }
  return true;
}

async function isPresent(sql: Sql, { org_name, repo_name }: AncestorRow): Promise<boolean> {
  const rows = await sql`
    select from repositories
    where lower(org_name) = lower(${org_name}) and lower(repo_name) = lower(${repo_name})`;
  return rows.length > 0;
}

function describe(
  name: string,
  rows: readonly PlannedRow[],
  reports: readonly CopiedReport[],
): string {
  const active = rows.filter(({ deleted_at }) => deleted_at === null).length;
  const files = reports.reduce((sum, report) => sum + report.files, 0);
  const bytes = reports.reduce((sum, report) => sum + report.bytes, 0);
  return `${name}: ${rows.length} uploads, ${active} of them active; ` +
    `${reports.length} reports with ${files} files, ${bytes} bytes.`;
}
