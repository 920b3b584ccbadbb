/**
 * `GET /coverages-api/assets/…`: the reports of a branch or an upload by name, for people, programs and
 * bookmarks. All lead to the report's own address.
 */
import type { Sql } from "postgres";
import type { Config } from "../config.ts";
import { HttpError } from "../errors.ts";
import { namedReportHeaders } from "../http/headers.ts";
import { decodeSegment, type Handler, repositoryIn } from "../http/router.ts";
import { isEmbedded } from "../reports/sandbox.ts";
import { branchParts, originOfReport, ownReportPath } from "../model/urls.ts";
import { findActive, findUpload } from "../db/coverages.ts";
import type { CoverageRow, RepositoryName } from "../model/rows.ts";

type Params = Readonly<Record<string, string | undefined>>;

/** The handlers of a branch's report, of its first page, and of the report of one upload. */
export function createAssetHandlers(
  { sql, config: { publicUrl, reportsUrl } }: {
    sql: Sql;
    config: Pick<Config, "publicUrl" | "reportsUrl">;
  },
): { file: Handler; index: Handler; uploadFile: Handler } {
  const leadTo = (find: typeof findReport, isFile: boolean): Handler => {
    return async (request, { url, params }) => {
      // In an origin that reports share, a report could read what it has framed, and find it by name.
      if (reportsUrl !== undefined && isEmbedded(request)) {
        throw new HttpError(403, "A report cannot be framed by its name.");
      }
      const { "0": path = "" } = params;
      path.split("/").forEach((segment) => decodeSegment(segment));
      const row = await find(sql, params);
      const own = isFile
        ? ownReportPath({ ...row, report_index: null }) + path
        : ownReportPath(row);
      const origin = reportsUrl && originOfReport(reportsUrl, row.report_id);
      const location = (origin ?? publicUrl ?? "") + own + url.search;
      return new Response(null, { status: 302, headers: { ...namedReportHeaders, location } });
    };
  };
  return {
    file: leadTo(findReport, true),
    uploadFile: leadTo(findUploadReport, true),
    index: leadTo(findReport, false),
  };
}

/** The active row that the path names: of its language, or the branch's newest. Throws 404. */
async function findReport(sql: Sql, params: Params): Promise<CoverageRow> {
  const { repository, branches, language } = namesIn(params);
  for (const branch_name of branches) {
    const row = await findActive(sql, { ...repository, branch_name, language });
    if (row) return row;
  }
  const inLanguage = language === undefined ? "" : ` in ${language}`;
  throw new HttpError(
    404,
    `${nameOf(repository)} has no report of branch ${branches[0]}${inLanguage}.`,
    { repository },
  );
}

/** The row of the upload that the path names, if its report is still there. Throws 404. */
async function findUploadReport(sql: Sql, params: Params): Promise<CoverageRow> {
  const { repository, branches, language = "" } = namesIn(params);
  const id = Number(params.upload);
  const row = Number.isSafeInteger(id) ? await findUpload(sql, { ...repository, id }) : undefined;
  if (row?.report_stored && row.language === language && branches.includes(row.branch_name)) {
    return row;
  }
  throw new HttpError(
    404,
    `${nameOf(repository)} has no report of upload ${params.upload} to branch ${branches[0]} in ` +
      `${language}; it may no longer be retained.`,
    { repository },
  );
}

function namesIn(params: Params) {
  const { branch = "", language } = params;
  return {
    repository: repositoryIn(params),
    branches: branchParts(branch).map((parts) => parts.map(decodeSegment).join("/")),
    language: language === undefined ? undefined : decodeSegment(language),
  };
}

function nameOf({ org_name, repo_name }: RepositoryName): string {
  return `${org_name}/${repo_name}`;
}
