/**
 * `GET /coverages-api/assets/…`: the stored report of a branch.
 *
 * @module
 */
import type { Sql } from "postgres";
import type { Config } from "../config.ts";
import { HttpError } from "../errors.ts";
import { reportHeaders, type Surface, uploadReportHeaders } from "../http/headers.ts";
import type { Handler } from "../http/router.ts";
import { decodeSegment } from "../http/path_segment.ts";
import { serveReport } from "../reports/serve.ts";
import { isReportId, type ReportStore } from "../reports/store.ts";
import { branchParts, reportPath } from "../model/urls.ts";
import { findActive, findStored } from "../db/coverages.ts";
import type { CoverageRow, RepositoryName } from "../model/rows.ts";

type Params = Readonly<Record<string, string | undefined>>;

/**
 * The handlers of a branch's report files, of the addresses that lead to its first page, and of the
 * files of one upload's report and of any report by its id, for as long as it is retained.
 */
export function createAssetHandlers(
  { sql, store, config: { publicUrl } }: {
    sql: Sql;
    store: Pick<ReportStore, "folder">;
    config: Pick<Config, "publicUrl">;
  },
): { file: Handler; index: Handler; uploadFile: Handler; ownFile: Handler } {
  const serve = (request: Request, row: CoverageRow, params: Params, headers: Surface) =>
    serveReport(request, { folder: store.folder(row.report_id), path: params["0"] ?? "", headers });
  return {
    async file(request, { params }) {
      for (let row = await findReport(sql, params);;) {
        try {
          return await serve(request, row, params, reportHeaders);
        } catch (error) {
          // A new upload may have removed the folder since its row was read, and on a busy branch the
          // next one as well.
          const now = await findReport(sql, params);
          if (now.report_id === row.report_id) throw error;
          row = now;
        }
      }
    },
    async uploadFile(request, { params }) {
      return await serve(request, await findUpload(sql, params), params, uploadReportHeaders);
    },
    async ownFile(request, { params }) {
      const { report = "", "0": path = "" } = params;
      if (!isReportId(report)) throw new HttpError(404, "There is no such report.");
      return await serveReport(request, {
        folder: store.folder(report),
        path,
        headers: uploadReportHeaders,
      });
    },
    async index(_request, { params }) {
      const location = `${publicUrl ?? ""}${reportPath(await findReport(sql, params))}`;
      return new Response(null, {
        status: 302,
        headers: { location, "cache-control": "no-cache" },
      });
    },
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
  );
}

/** The row of the upload that the path names, if its report is still there. Throws 404. */
async function findUpload(sql: Sql, params: Params): Promise<CoverageRow> {
  const { repository, branches, language = "" } = namesIn(params);
  const id = Number(params.upload);
  for (const branch_name of Number.isSafeInteger(id) ? branches : []) {
    const row = await findStored(sql, { ...repository, branch_name, language, id });
    if (row) return row;
  }
  throw new HttpError(
    404,
    `${nameOf(repository)} has no report of upload ${params.upload} to branch ${branches[0]} in ` +
      `${language}; it may no longer be retained.`,
  );
}

function namesIn(params: Params) {
  const { org = "", repo = "", branch = "", language } = params;
  return {
    repository: { org_name: decodeSegment(org), repo_name: decodeSegment(repo) },
    branches: branchParts(branch).map((parts) => parts.map(decodeSegment).join("/")),
    language: language === undefined ? undefined : decodeSegment(language),
  };
}

function nameOf({ org_name, repo_name }: RepositoryName): string {
  return `${org_name}/${repo_name}`;
}
