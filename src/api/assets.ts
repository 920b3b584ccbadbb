/**
 * `GET /coverages-api/assets/…`: the stored report of a branch.
 *
 * @module
 */
import type { Sql } from "postgres";
import type { Config } from "../config.ts";
import { HttpError } from "../errors.ts";
import { uploadReportHeaders } from "../http/headers.ts";
import type { Handler } from "../http/router.ts";
import { decodeSegment } from "../http/path_segment.ts";
import { createServeReport } from "../reports/serve.ts";
import type { ReportStore } from "../reports/store.ts";
import { branchParts, reportPath } from "../model/urls.ts";
import { findActive, findStored } from "../db/coverages.ts";
import type { CoverageRow, RepositoryName } from "../model/rows.ts";

type Params = Readonly<Record<string, string | undefined>>;

/**
 * Makes the handlers of a report's files, of the addresses that lead to its first page, and of the
 * files of one upload's report, which stays when a newer one supersedes it, as long as it is kept.
 */
export function createReportHandlers(
  { sql, store, config: { publicUrl, reportCacheBytes } }: {
    sql: Sql;
    store: Pick<ReportStore, "folder">;
    config: Pick<Config, "publicUrl" | "reportCacheBytes">;
  },
): { file: Handler; index: Handler; uploadFile: Handler } {
  const serveReport = createServeReport({ store, cacheBytes: reportCacheBytes });
  return {
    async file(request, { params }) {
      const path = params["0"] ?? "";
      let row = await findReport(sql, params);
      while (true) {
        try {
          return await serveReport(request, { report: row.report_id, path });
        } catch (error) {
          // A new upload may have taken the folder away since its row was read, and on a busy branch
          // so may the next one meanwhile.
          const now = await findReport(sql, params);
          if (now.report_id === row.report_id) throw error;
          row = now;
        }
      }
    },
    async uploadFile(request, { params }) {
      const row = await findUpload(sql, params);
      return await serveReport(request, {
        report: row.report_id,
        path: params["0"] ?? "",
        surface: uploadReportHeaders,
      });
    },
    async index(_request, { params }) {
      const row = await findReport(sql, params);
      const location = `${publicUrl ?? ""}${reportPath(row)}`;
      const headers = { location, "cache-control": "no-cache" };
      return new Response(null, { status: 302, headers });
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
  const of = language === undefined ? "" : ` in ${language}`;
  throw new HttpError(
    404,
    `There is no report of ${nameOf(repository)}, branch ${branches[0]}${of}.`,
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
    `There is no report of upload ${params.upload} to ${nameOf(repository)}, branch ${
      branches[0]
    } in ${language}; it may no longer be kept.`,
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
