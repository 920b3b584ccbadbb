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

// Types, not interfaces: those cannot be passed as JSON to the database.
export type PatchFile = {
  /** In the repository. */
  readonly path: string;
  readonly lines_covered: number;
  /** Changed lines that could be hit. */
  readonly lines_valid: number;
  /** Changed lines without a hit, "12-18,40"; ends with "…" where there are too many to list. */
  readonly uncovered: string;
};

/** The coverage of the lines that a diff adds or changes. */
export type Patch = {
  /** Null where no changed line could be hit. */
  readonly percentage: number | null;
  readonly lines_covered: number;
  readonly lines_valid: number;
  /** Those with lines that could be hit, the one with the most uncovered lines first. */
  readonly files: readonly PatchFile[];
  /** Changed files that the report does not know, though it has others with the same extension. */
  readonly not_measured: readonly string[];
  /** Changed files that may be one of several in the report. */
  readonly ambiguous: readonly string[];
  /** The report's names of the files that the diff changes; null where there are too many to list. */
  readonly touched: readonly string[] | null;
  /** How many more there are than the lists have. */
  readonly omitted: {
    readonly files: number;
    readonly not_measured: number;
    readonly ambiguous: number;
  };
};

/** A patch, or a sentence that says why there is none; both null: no diff was uploaded. */
export interface PatchResult {
  readonly patch: Patch | null;
  readonly patch_reason: string | null;
}
