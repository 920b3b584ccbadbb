/** An upload's coverage: its row in the database, and how the API answers it. */
import type { CoverageRow } from "./rows.ts";
import { reportPath, uploadReportPath } from "./urls.ts";

/** A row as the API answers it: times as RFC 3339. The order of its keys is part of the contract. */
export interface CoverageAnswer extends
  Pick<
    CoverageRow,
    | "id"
    | "org_name"
    | "repo_name"
    | "branch_name"
    | "commit_hash"
    | "commit_author"
    | "language"
    | "percentage"
    | "lines_covered"
    | "lines_valid"
    | "format"
  > {
  created_at: string;
  updated_at: string;
  report_url: string;
  /** Only where the upload had a diff with lines that can be hit. */
  patch_percentage?: number;
  /** Only of a superseded or deleted row. */
  deleted_at?: string;
}

/** Makes the JSON of a row; `origin` is what links begin with. */
export function toAnswer(row: CoverageRow, origin: string): CoverageAnswer {
  const isOwn = row.deleted_at !== null && row.report_stored;
  return {
    id: row.id,
    org_name: row.org_name,
    repo_name: row.repo_name,
    branch_name: row.branch_name,
    commit_hash: row.commit_hash,
    commit_author: row.commit_author,
    language: row.language,
    percentage: row.percentage,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    lines_covered: row.lines_covered,
    lines_valid: row.lines_valid,
    format: row.format,
    // Of a superseded upload whose report is gone, the branch's.
    report_url: `${origin}${isOwn ? uploadReportPath(row) : reportPath(row)}`,
    ...(row.patch_percentage === null ? {} : { patch_percentage: row.patch_percentage }),
    ...(row.deleted_at ? { deleted_at: row.deleted_at.toISOString() } : {}),
  };
}
