/** `GET /coverages-api/reports/{id}/…`: a stored report at its own address. */
import type { Sql } from "postgres";
import type { Config } from "../config.ts";
import { HttpError } from "../errors.ts";
import {
  namedReportHeaders,
  originReportHeaders,
  sandboxedReportHeaders,
} from "../http/headers.ts";
import type { Handler } from "../http/router.ts";
import { isReportId, originOfReport, ownReportPath, reportPath } from "../model/urls.ts";
import { storedReports } from "../db/stored_reports.ts";
import { findGone } from "../db/coverages.ts";
import { exists } from "../reports/disk.ts";
import { opensPage, opensTab } from "../reports/sandbox.ts";
import { serveReport } from "../reports/serve.ts";
import type { ReportStore } from "../reports/store.ts";

/**
 * The database is asked only for a report that is not on the disk. A tab that opens one that is gone goes
 * on in the newest one of its branch and language; parts of a page that is already open do not, so that a
 * page never has parts of two uploads.
 */
export function createReportHandler(
  { sql, store, config: { publicUrl = "", reportsUrl } }: {
    sql: Sql;
    store: Pick<ReportStore, "folder" | "bucket" | "used" | "restore">;
    config: Pick<Config, "publicUrl" | "reportsUrl">;
  },
): Handler {
  const sandboxed = reportsUrl === undefined;
  const headers = sandboxed ? sandboxedReportHeaders : originReportHeaders(publicUrl);
  // Also a file that is missing is shown below the bar.
  const framable = ({ status, body, headers: own }: HttpError) => {
    const name = "content-security-policy";
    return new HttpError(status, body, { headers: { ...own, [name]: headers[name]! } });
  };
  // Only what has a row: anybody can make up an id, and a deleted report's object may not be gone yet.
  const wasRestored = async (report: string) =>
    store.bucket !== undefined && !await exists(store.folder(report)) &&
    (await storedReports(sql, [report])).has(report) && await store.restore(report);
  return async (request, { url, params }) => {
    const { report = "", "0": path = "" } = params;
    if (!isReportId(report)) throw noSuchReport();
    const folder = store.folder(report);
    const own = ownReportPath({ report_id: report, report_index: null }) + path + url.search;
    const origin = reportsUrl && originOfReport(reportsUrl, report);
    if (origin === undefined || new URL(origin).hostname === url.hostname) {
      // The clients() of a service worker would tell it the addresses of other reports.
      if (request.headers.get("service-worker") === "script") {
        throw new HttpError(403, "Reports cannot have service workers.");
      }
      const options = { folder, path, url, headers, sandboxed };
      if (!store.used(report)) await wasRestored(report);
      try {
        return await serveReport(request, options).catch(async (error) => {
          // Somebody may have emptied the cache.
          const isMissing = error instanceof HttpError && error.status === 404;
          if (isMissing && await wasRestored(report)) return await serveReport(request, options);
          throw error;
        });
      } catch (error) {
        if (!(error instanceof HttpError)) throw error;
        const isGone = error.status === 404 && opensPage(request) && !await exists(folder);
        if (!isGone) throw sandboxed ? error : framable(error);
      }
      if (!sandboxed) return redirect(publicUrl + own); // where pages for people are
    } else if (await exists(folder) || await wasRestored(report)) return redirect(origin + own);
    const gone = opensPage(request) ? await findGone(sql, report) : undefined;
    if (!gone) throw noSuchReport();
    if (!opensTab(request)) {
      const repository = gone;
      throw new HttpError(404, "This report was replaced or has expired.", { repository });
    }
    return redirect(publicUrl + reportPath({ ...gone, report_index: null }) + path + url.search);
  };
}

function redirect(location: string): Response {
  return new Response(null, { status: 302, headers: { ...namedReportHeaders, location } });
}

function noSuchReport(): HttpError {
  return new HttpError(404, "There is no such report.");
}
