/**
 * An upload's coverage: its row in the database, and how the API answers it.
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
import type { CoverageRow } from "./rows.ts";
import { reportPath, uploadReportPath } from "./urls.ts";

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
