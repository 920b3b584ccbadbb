/**
 * `GET /coverages-api/compare`: a branch against another, as JSON, or with `Accept: text/markdown`
 * all its languages as the comment of a pull request.
 */
import type { Sql } from "postgres";
import { z } from "zod";
import { HttpError } from "../errors.ts";
import { dataHeaders } from "../http/headers.ts";
import { etagged, etaggedJson } from "../http/etag.ts";
import type { Config } from "../config.ts";
import type { Handler } from "../http/router.ts";
import { changeOf } from "../model/percentage.ts";
import {
  branchName,
  githubApiUrl,
  givenFields,
  language,
  orgName,
  parseFields,
  repoName,
} from "../model/fields.ts";
import { findActive, findActiveLanguages } from "../db/coverages.ts";
import { type FoundUpload, readUpload } from "../db/upload_query.ts";
import { badgePath, type BranchOfLanguage, repositoryPath } from "../model/urls.ts";
import { toAnswer } from "../model/coverage_answer.ts";
import type { CoverageRow, PatchResult } from "../model/rows.ts";
import { CodeHost } from "../model/code_host.ts";
import { type FileSummary, percentageIn, type ReadFiles } from "../reports/file_lines.ts";
import { type CommentLanguage, commentOf, type IndirectChange } from "./comment.ts";

const compareFields = z.object({
  org_name: orgName,
  repo_name: repoName,
  base: branchName,
  head: branchName,
  language: language.optional(),
  github_api_url: githubApiUrl.optional(),
});

/** Languages of a comment; GitHub takes no longer one. */
const MAX_LANGUAGES = 50;

/** The handler throws 404 for a head without coverage. */
export function createCompareHandler(
  { sql, config: { publicUrl, codeHost, login }, readFiles }: {
    sql: Sql;
    config: Pick<Config, "publicUrl" | "codeHost" | "login">;
    readFiles: ReadFiles;
  },
): Handler {
  const host = new CodeHost(codeHost);
  return async (request, { url }) => {
    const { base, head, ...fields } = parseFields(compareFields, givenFields(url));
    const { org_name, repo_name, language } = fields;
    const origin = publicUrl ?? url.origin;
    const isComment = request.headers.get("accept")?.toLowerCase().includes("text/markdown");
    const rows = await findActiveLanguages(
      sql,
      { ...fields, branch_name: head },
      isComment ? MAX_LANGUAGES : 1,
    );
    const [newest] = rows;
    if (!newest) {
      const inLanguage = language === undefined ? "" : ` in ${language}`;
      throw new HttpError(
        404,
        `${org_name}/${repo_name} has no coverage of branch ${head}${inLanguage}.`,
      );
    }
    const headers = { ...dataHeaders, vary: "accept" };
    if (!isComment) {
      const comparison = compare(await findCompared(sql, newest, base), base, { origin, login });
      return etaggedJson(request, comparison, headers);
    }
    const languages: CommentLanguage[] = [];
    // One after the other, as each may have many lines.
    for (const row of rows.toSorted((a, b) => a.language < b.language ? -1 : 1)) {
      const { upload, ...found } = await findCompared(sql, row, base);
      const indirect = await findIndirect({ upload, ...found }, readFiles);
      languages.push({ ...found, head: upload, indirect });
    }
    return etagged(request, commentOf(newest, languages, { origin, host }), {
      ...headers,
      "content-type": "text/markdown; charset=utf-8",
    });
  };
}

type Compared = Pick<FoundUpload, "upload" | "base" | "base_reason" | keyof PatchResult>;

/** The upload with its base. The branch was asked for, so a base that is newer is better than none. */
async function findCompared(sql: Sql, head: CoverageRow, base: string): Promise<Compared> {
  const found = await readUpload(sql, head, base);
  if (!found) throw new Error(`There is no row ${head.id}`);
  if (found.base) return found;
  const newer = await findActive(sql, { ...head, branch_name: base });
  const uploaded = newer && await readUpload(sql, newer);
  if (!uploaded) return found;
  const base_reason = `${found.base_reason} Compared with its newest upload.`;
  return { ...found, base: uploaded.upload, base_reason };
}

/** Undefined where the files of the diff, or the lines of an upload, are not known. */
async function findIndirect(
  { upload, base, patch }: Compared,
  readFiles: ReadFiles,
): Promise<IndirectChange[] | undefined> {
  if (!base || !patch?.touched) return undefined;
  const files = await readFiles(upload);
  const baseFiles = await readFiles(base);
  return files && baseFiles && indirectChanges(files, baseFiles, patch.touched);
}

/** The ones that changed most first; `touched` are the report's files that the diff changes. */
function indirectChanges(
  files: readonly FileSummary[],
  baseFiles: readonly FileSummary[],
  touched: readonly string[],
): IndirectChange[] {
  const skipped = new Set(touched);
  const base = new Map(baseFiles.map((file) => [file.path, file]));
  return files.flatMap((file): IndirectChange[] => {
    const baseFile = base.get(file.path);
    if (!baseFile || skipped.has(file.path)) return [];
    const [before, after] = [percentageIn(baseFile), percentageIn(file)];
    const change = after === null ? null : changeOf(before, after);
    if (before === null || after === null || !change) return [];
    return [{ path: file.path, before, after, change }];
  }).sort((a, b) => Math.abs(b.change) - Math.abs(a.change) || (a.path < b.path ? -1 : 1));
}

function compare(
  { upload: head, base, base_reason, patch, patch_reason }: Compared,
  base_branch: string,
  { origin, login }: { origin: string; login: Config["login"] },
) {
  const { org_name, repo_name, language, branch_name: head_branch } = head;
  const badge = (branch: BranchOfLanguage) =>
    `${origin}${badgePath(branch, login?.secrets)}&${new URLSearchParams({
      label: branch.branch_name,
    })}`;
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
