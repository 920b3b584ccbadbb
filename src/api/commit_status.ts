/**
 * What an upload says of itself to whoever permits it: what it is about, and what came of it.
 *
 * @module
 */
import type { Subject } from "../auth/grant.ts";
import { changeOf, signed } from "../model/percentage.ts";
import type { CoverageRow } from "../model/rows.ts";

/** What the credential is checked for: as the query has it, since no body has been read by then. */
export function subjectOf(query: Readonly<Record<string, string>>): Subject {
  const { org_name, repo_name, commit_hash, github_api_url, language } = query;
  const context = language === undefined ? "coverage" : `coverage/${language}`;
  const beginning = "The coverage report is on its way.";
  return { org_name, repo_name, commit_hash, github_api_url, context, beginning };
}

/** The number and what has become of it, as in "83.20% (+0.40% against main)". */
export function summaryOf(
  row: CoverageRow,
  { active, before, defaultBranches }: {
    /** The active rows of its repository. */
    active: readonly CoverageRow[];
    /** The percentage of the upload before, of the same branch and language. */
    before: number | undefined;
    /** The branches that may stand for a repository. */
    defaultBranches: readonly string[];
  },
): string {
  const main = defaultBranches.find((name) => active.some((other) => other.branch_name === name));
  const isMain = row.branch_name === main;
  const base = isMain ? before : active
    .find((other) => other.branch_name === main && other.language === row.language)?.percentage;
  const number = `${row.percentage.toFixed(2)}%`;
  const change = changeOf(base, row.percentage);
  if (change === null) return number;
  return `${number} (${signed(change)}% against ${isMain ? "the upload before" : main})`;
}
