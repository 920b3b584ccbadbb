import type { CoverageRow } from "./rows.ts";
import { reportPath, uploadReportPath } from "./urls.ts";

export type CoverageAnswer = ReturnType<typeof toAnswer>;

/**
 * A row as the API answers it; `origin` is what links begin with. The order of the keys is part of the
 * contract.
 */
export function toAnswer(row: CoverageRow, origin: string) {
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
