/**
 * `GET /coverages-api/assets/…`: the stored report of a branch.
 *
 * @module
 */
import type { Sql } from "postgres";
import type { Config } from "../config.ts";
import { HttpError } from "../errors.ts";
import { namedReportHeaders, ownReportHeaders, withHeaders } from "../http/headers.ts";
import type { Handler } from "../http/router.ts";
import { decodeSegment } from "../http/path_segment.ts";
import { opensPage } from "../reports/sandbox_storage.ts";
import { serveReport, VARY } from "../reports/serve.ts";
import { isReportId, type ReportStore } from "../reports/store.ts";
import { branchParts, ownReportPath, reportPath } from "../model/urls.ts";
import { findActive, findGone, findStored } from "../db/coverages.ts";
import type { CoverageRow, RepositoryName } from "../model/rows.ts";

type Params = Readonly<Record<string, string | undefined>>;

/**
 * The handlers of a branch's report files, of the addresses that lead to its first page, and of the
 * files of one upload's report and of any report by its id, for as long as it is retained.
 *
 * A browser that opens a file by a name is led to the report's own address, so that only there a page
 * loads its parts: nothing that another origin can name may be readable by it.
 */
export function createAssetHandlers(
  { sql, store, config: { publicUrl = "" } }: {
    sql: Sql;
    store: Pick<ReportStore, "folder">;
    config: Pick<Config, "publicUrl">;
  },
): { file: Handler; index: Handler; uploadFile: Handler; ownFile: Handler } {
  const serve = async (request: Request, row: CoverageRow, { "0": path = "" }: Params) => {
    if (opensPage(request)) {
      return redirect(ownReportPath({ ...row, report_index: null }), request, path);
    }
    const folder = store.folder(row.report_id);
    const response = await serveReport(request, { folder, path, headers: namedReportHeaders });
    response.headers.set("vary", VARY);
    return response;
  };
  const redirect = (base: string, { url }: Request, path: string) => {
    const location = `${publicUrl}${base}${path}${new URL(url).search}`;
    const headers = { location, vary: VARY };
    return withHeaders(new Response(null, { status: 302, headers }), namedReportHeaders);
  };
  return {
    async file(request, { params }) {
      for (let row = await findReport(sql, params);;) {
        try {
          return await serve(request, row, params);
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
      return await serve(request, await findUpload(sql, params), params);
    },
    async ownFile(request, { params }) {
      const { report = "", "0": path = "" } = params;
      if (!isReportId(report)) throw new HttpError(404, "There is no such report.");
      try {
        const folder = store.folder(report);
        return await serveReport(request, { folder, path, headers: ownReportHeaders });
      } catch (error) {
        const isMissing = error instanceof HttpError && error.status === 404;
        const gone = isMissing && opensPage(request) && await findGone(sql, report);
        if (!gone) throw error;
        // A newer upload has replaced it; whoever reads in it goes on in that one.
        return redirect(reportPath({ ...gone, report_index: null }), request, path);
      }
    },
    async index(_request, { params }) {
      const location = `${publicUrl}${reportPath(await findReport(sql, params))}`;
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
