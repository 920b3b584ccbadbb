/**
 * How a row looks in an answer.
 *
 * @module
 */
import { z } from "zod";
import {
  branchName,
  commitAuthor,
  commitHash,
  language as languageName,
  orgName,
  repoName,
} from "./fields.ts";
import type { CoverageRow, RepositoryName } from "../db/coverages.ts";

/** Where the API and the reports are. */
export const API_PATH = "/coverages-api";

/** Where the pages are. */
export const DASHBOARD_PATH = "/coverages-ui";

/** Where the API's document is read by people. */
export const DOCS_PATH = `${API_PATH}/docs`;

/** What an answer repeats of an upload, whose rules may have been others at its time. */
function repeated(name: z.ZodType): z.ZodString {
  const { description, examples } = name.meta() ?? {};
  return z.string().meta({ description, examples });
}

/**
 * A row as the API answers it: times as RFC 3339, and the report's address. The order of its keys is
 * part of the contract.
 *
 * @internal
 */
export const coverageAnswer = z.object({
  id: z.int().min(1).meta({ description: "Counts up with each upload.", examples: [1] }),
  org_name: repeated(orgName),
  repo_name: repeated(repoName),
  branch_name: repeated(branchName),
  commit_hash: repeated(commitHash),
  commit_author: repeated(commitAuthor),
  language: repeated(languageName),
  percentage: z.number().min(0).max(100).meta({
    description:
      "Line coverage with two decimals: 100 only where nothing is missed, 0 only where " +
      "nothing is covered.",
    examples: [33.03],
  }),
  created_at: z.iso.datetime().meta({ description: "When it was uploaded." }),
  updated_at: z.iso.datetime().meta({
    description: "When it was uploaded, superseded or deleted.",
  }),
  lines_covered: z.int().min(0).nullable().meta({
    description: "Lines that were hit; null where the coverage file has only a rate.",
    examples: [36],
  }),
  lines_valid: z.int().min(0).nullable().meta({
    description: "Lines that could be hit; null where the coverage file has only a rate.",
    examples: [109],
  }),
  format: z.string().meta({
    description: "The coverage file's format, and what it counts where that is not lines.",
    examples: ["cobertura"],
  }),
  report_url: z.url().meta({
    description:
      "The report's first page; of a superseded upload whose report is gone, the branch's.",
  }),
  deleted_at: z.exactOptional(z.iso.datetime()).meta({
    description: "When it was superseded or deleted; active rows do not have it.",
  }),
}).meta({ id: "Coverage", description: "What an upload measured." });

/**
 * A row as the API answers it.
 *
 * @internal
 */
export type CoverageAnswer = z.infer<typeof coverageAnswer>;

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
    ...(row.deleted_at ? { deleted_at: row.deleted_at.toISOString() } : {}),
  };
}

/** What the address of a report is made of. */
export type ReportName = Pick<
  CoverageRow,
  "org_name" | "repo_name" | "branch_name" | "language" | "report_index"
>;

/**
 * The path of the first page of a branch's report, whichever upload that is of. The language is in
 * it: a branch may have a report of each.
 */
export function reportPath(row: ReportName): string {
  return pathOf(row, "archive");
}

/** The path of the first page of an upload's own report, which a newer upload leaves as it is. */
export function uploadReportPath(row: ReportName & { id: number }): string {
  return pathOf(row, `${row.id}/archive`);
}

function pathOf(row: ReportName, archive: string): string {
  const [org, repo, language] = [row.org_name, row.repo_name, row.language].map(encodeURIComponent);
  const page = (row.report_index ?? "").split("/").map(encodeURIComponent).join("/");
  const branch = encodeBranch(row.branch_name);
  return `${API_PATH}/assets/${org}/${repo}/${branch}/${language}/${archive}/${page}`;
}

/** The path of a repository's page. */
export function repositoryPath({ org_name, repo_name }: RepositoryName): string {
  return `${DASHBOARD_PATH}/${encodeURIComponent(org_name)}/${encodeURIComponent(repo_name)}`;
}

/** What a badge is of; without a language, of the newest upload. */
export interface BranchOfLanguage extends RepositoryName {
  /** The branch. */
  readonly branch_name: string;
  /** The language. */
  readonly language?: string | undefined;
}

/** The path of a badge. */
export function badgePath(
  { org_name, repo_name, branch_name, language }: BranchOfLanguage,
): string {
  const query = new URLSearchParams({ org_name, repo_name, branch_name });
  if (language !== undefined) query.set("language", language);
  return `${API_PATH}/badge?${query}`;
}

/**
 * A branch as one segment of a path. `_fs_` stands for a slash, because many a proxy turns `%2F`
 * into one; where a branch has `_fs_` in its own name, that is escaped.
 */
export function encodeBranch(branch: string): string {
  return branch.split("/")
    .map((part) => encodeURIComponent(part).replaceAll("_fs_", "%5Ffs_"))
    .join("_fs_");
}

/**
 * The branches that a segment, still percent-encoded, may name, each as its encoded parts; the one
 * that {@linkcode encodeBranch} made of it first, then a name typed as it is.
 */
export function branchParts(segment: string): string[][] {
  const parts = segment.split(/_fs_|%2F/i);
  const literal = segment.split(/%2F/i);
  return parts.length === literal.length ? [parts] : [parts, literal];
}
