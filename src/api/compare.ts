/**
 * `GET /coverages-api/compare`: a branch against another, as JSON or as the text of a comment.
 *
 * @module
 */
import type { Sql } from "postgres";
import { z } from "zod";
import { HttpError } from "../errors.ts";
import { dataHeaders } from "../http/headers.ts";
import { etagged, etaggedJson } from "../http/etag.ts";
import type { Config } from "../config.ts";
import type { Handler } from "../http/router.ts";
import { changeOf, signed } from "../model/percentage.ts";
import {
  branchName,
  givenFields,
  language,
  orgName,
  parseFields,
  repoName,
} from "../model/fields.ts";
import { findActive } from "../db/coverages.ts";
import { type FoundUpload, readUpload } from "../db/upload_query.ts";
import { badgePath, type BranchOfLanguage, repositoryPath } from "../model/urls.ts";
import { type CoverageAnswer, toAnswer } from "../model/coverage_answer.ts";
import type { CoverageRow } from "../model/rows.ts";
import type { PatchResult } from "../model/patch.ts";

export const compareFields = z.object({
  org_name: orgName,
  repo_name: repoName,
  base: branchName,
  head: branchName,
  language: language.optional(),
});

/** A branch against another; `delta` is in percentage points, null without a base. */
export interface Comparison extends PatchResult {
  org_name: string;
  repo_name: string;
  language: string;
  base_branch: string;
  head_branch: string;
  base: CoverageAnswer | null;
  /** Which upload it is, or why there is none. */
  base_reason: string;
  head: CoverageAnswer;
  delta: number | null;
  base_badge_url: string;
  head_badge_url: string;
  repository_url: string;
}

/** The handler throws 404 for a head without coverage. */
export function createCompareHandler(
  { sql, config: { publicUrl } }: { sql: Sql; config: Pick<Config, "publicUrl"> },
): Handler {
  return async (request, { url }) => {
    const { org_name, repo_name, base, head, language } = parseFields(
      compareFields,
      givenFields(url),
    );
    const find = (branch_name: string, language: string | undefined) =>
      findActive(sql, { org_name, repo_name, branch_name, language });
    const headRow = await find(head, language);
    if (!headRow) {
      const inLanguage = language === undefined ? "" : ` in ${language}`;
      throw new HttpError(
        404,
        `${org_name}/${repo_name} has no coverage of branch ${head}${inLanguage}.`,
      );
    }
    const found = await readUpload(sql, headRow, base);
    if (!found) throw new Error(`There is no row ${headRow.id}`);
    // The base was asked for, so one that is newer is better than none.
    const newer = found.base ? undefined : await find(base, headRow.language);
    const base_reason = `${found.base_reason} Compared with its newest upload.`;
    const comparison = compare(
      newer ? { ...found, base: newer, base_reason } : found,
      base,
      publicUrl ?? url.origin,
    );
    const headers = { ...dataHeaders, vary: "accept" };
    if (!request.headers.get("accept")?.toLowerCase().includes("text/markdown")) {
      return etaggedJson(request, comparison, headers);
    }
    return etagged(request, commentOf(comparison), {
      ...headers,
      "content-type": "text/markdown; charset=utf-8",
    });
  };
}

function compare(
  { upload: head, base, base_reason, patch, patch_reason }:
    & Omit<FoundUpload, "base">
    & { base: CoverageRow | undefined },
  base_branch: string,
  origin: string,
): Comparison {
  const { org_name, repo_name, language, branch_name: head_branch } = head;
  const badge = (branch: BranchOfLanguage) =>
    `${origin}${badgePath(branch)}&${new URLSearchParams({ label: branch.branch_name })}`;
  return {
    org_name,
    repo_name,
    language,
    base_branch,
    head_branch,
    base: base ? toAnswer(base, origin) : null,
    head: toAnswer(head, origin),
    delta: changeOf(base?.percentage, head.percentage),
    base_badge_url: badge({ org_name, repo_name, branch_name: base_branch, language }),
    head_badge_url: badge(head),
    repository_url: `${origin}${repositoryPath(head)}`,
    base_reason,
    patch,
    patch_reason,
  };
}

/** The marker by which a comment of a language is found again; the ancestor's Action has the same. */
function markerOf(language: string): string {
  return `<!-- __CODE_COVERAGE_${language}__ -->`;
}

/** The text of a comment, in GitHub's Markdown. */
function commentOf(comparison: Comparison): string {
  const { language, base, head, base_branch, head_branch, delta, repository_url } = comparison;
  const row = (branch: string, coverage: CoverageAnswer | null, change: string) => {
    const name = coverage ? link(code(branch), coverage.report_url) : code(branch);
    return `| ${name} | ${coverage ? `${coverage.percentage.toFixed(2)}%` : "–"} | ${change} |`;
  };
  const lines = head.lines_valid === null
    ? ""
    : ` · ${head.lines_covered} of ${head.lines_valid} lines`;
  return [
    markerOf(language),
    `### Coverage ${head.percentage.toFixed(2)}%${delta === null ? "" : ` (${signed(delta)})`}`,
    "",
    "| Branch | Coverage | Change |",
    "| :-- | --: | --: |",
    row(base_branch, base, ""),
    row(head_branch, head, delta === null ? "" : signed(delta)),
    "",
    ...(base ? [] : [
      `${code(base_branch)} has no coverage in ${
        code(language)
      } yet, so there is no change to show.`,
      "",
    ]),
    `![coverage](<${comparison.head_badge_url}>) ${code(language)}${lines} · ` +
    `commit ${code(head.commit_hash.slice(0, 8))} · ` +
    link("all branches", repository_url),
    "",
  ].join("\n");
}

/** In code nobody is mentioned, and written like this nothing is markup or looks like an address. */
function code(text: string): string {
  const escaped = text.replace(/[^A-Za-z0-9 /-]/gu, (char) => `&#${char.codePointAt(0)};`);
  return `<code>${escaped}</code>`;
}

function link(text: string, url: string): string {
  return `[${text}](<${url}>)`;
}
