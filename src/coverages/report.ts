/**
 * `GET /coverages-api/assets/…`: the stored report of a branch.
 *
 * @module
 */
import type { Sql } from "postgres";
import { HttpError } from "../http/errors.ts";
import type { Handler } from "../http/router.ts";
import { decodeSegment } from "../http/segment.ts";
import { serveReport } from "../reports/serve.ts";
import type { ReportStore } from "../reports/store.ts";
import { branchParts, reportPath } from "./present.ts";
import { type CoverageRow, findActive } from "./queries.ts";

type Params = Readonly<Record<string, string | undefined>>;

/** Makes the handlers of a report's files and of the addresses that lead to its first page. */
export function createReportHandlers(
  { sql, store, publicUrl }: {
    sql: Sql;
    store: Pick<ReportStore, "folder">;
    publicUrl: string | undefined;
  },
): { file: Handler; index: Handler } {
  return {
    async file(request, { params }) {
      const path = params["0"] ?? "";
      let row = await findReport(sql, params);
      while (true) {
        try {
          return await serveReport(request, store.folder(row.report_id), path);
        } catch (error) {
          // A new upload may have taken the folder away since its row was read, and on a busy branch
          // so may the next one meanwhile.
          const now = await findReport(sql, params);
          if (now.report_id === row.report_id) throw error;
          row = now;
        }
      }
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
  const org_name = decodeSegment(params.org ?? "");
  const repo_name = decodeSegment(params.repo ?? "");
  const language = params.language === undefined ? undefined : decodeSegment(params.language);
  const branches = branchParts(params.branch ?? "").map((parts) =>
    parts.map(decodeSegment).join("/")
  );
  for (const branch_name of branches) {
    const row = await findActive(sql, { org_name, repo_name, branch_name, language });
    if (row) return row;
  }
  const of = language === undefined ? "" : ` in ${language}`;
  throw new HttpError(
    404,
    `There is no report of ${org_name}/${repo_name}, branch ${branches[0]}${of}.`,
  );
}
