/** A row of `coverages`, with its repository's names. */
export interface CoverageRow extends RepositoryName {
  /** Counts up with each upload. */
  id: number;
  branch_name: string;
  commit_hash: string;
  commit_author: string;
  /** Tells apart the reports of a branch. */
  language: string;
  /** From 0 to 100, with 2 decimals. */
  percentage: number;
  created_at: Date;
  /** When it was uploaded or superseded or deleted. */
  updated_at: Date;
  /** Lines hit; null where the coverage file has only a rate. */
  lines_covered: number | null;
  /** Lines that could be hit; null where the coverage file has only a rate. */
  lines_valid: number | null;
  /** Coverage of the lines that the upload's diff changes; null where that is not known. */
  patch_percentage: number | null;
  format: string;
  /** The report's folder. */
  report_id: string;
  /** The report's first page; null: its listing. */
  report_index: string | null;
  /** The coverage files, as paths in the report. */
  coverage_files: string[];
  /** When it was superseded or deleted; null: active. */
  deleted_at: Date | null;
  report_stored: boolean;
}

/** Case-insensitive. */
export interface RepositoryName {
  org_name: string;
  repo_name: string;
}

export interface ReportSize {
  readonly files: number;
  readonly bytes: number;
}
