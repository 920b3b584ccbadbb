/**
 * `GET /coverages-ui/{org}/{repo}/uploads/{id}/report/…`, or `…/{id}/part-{part}/report/…`: a report of an
 * upload, below a bar that says whose it is. Frames have no cookies of ours and no way to the bar; `script.js` follows what they show.
 */
import type { Sql } from "postgres";
import { renderToString } from "preact-render-to-string";
import type { Config } from "../config.ts";
import { HttpError } from "../errors.ts";
import { etagged } from "../http/etag.ts";
import { framingHeaders } from "../http/headers.ts";
import { decodeSegment, type Handler, repositoryIn } from "../http/router.ts";
import type { CoverageRow } from "../model/rows.ts";
import { originOfReport, ownReportPath } from "../model/urls.ts";
import { findActive, findPart, findUpload } from "../db/coverages.ts";
import { Brand, Head } from "./layout.tsx";
import { Links, type LinkSettings } from "./links.ts";
import { Ago, Percentage } from "./numbers.tsx";
import { assetNames } from "./page_assets.ts";
import { Commit } from "./uploads_table.tsx";

/** An upload whose report is gone leads to the newest one of its branch and language. */
export function createReportPageHandler(
  { sql, config }: {
    sql: Sql;
    config: LinkSettings & Pick<Config, "reportsUrl">;
  },
): Handler {
  const headers = {
    ...framingHeaders(config.reportsUrl),
    "content-type": "text/html; charset=utf-8",
  };
  return async (request, { url, params }) => {
    const repository = repositoryIn(params);
    const id = Number(params.id);
    const { part } = params;
    const row = !Number.isSafeInteger(id)
      ? undefined
      : part === undefined
      ? await findUpload(sql, { ...repository, id })
      : await findPart(sql, { ...repository, id, part: decodeSegment(part) });
    const links = new Links(config, url.origin);
    const found = row?.report_stored ? row : row && await findActive(sql, row);
    if (!found?.report_stored) {
      const missing = part === undefined ? `upload ${id}` : `part of upload ${id}`;
      const said = row ? "The report is no longer stored." : `There is no such ${missing}.`;
      throw new HttpError(404, said, { repository });
    }
    const path = params["0"];
    if (found !== row || path === undefined) {
      const location = path === undefined
        ? links.report(found)
        : links.report({ ...found, report_index: null }) + path + url.search;
      return new Response(null, {
        status: 302,
        headers: { location, "cache-control": "no-cache" },
      });
    }
    const own = { ...found, report_index: null };
    const root = config.reportsUrl
      ? originOfReport(config.reportsUrl, own.report_id) + ownReportPath(own)
      : links.to(ownReportPath(own));
    const src = root + path + url.search;
    const page = <ReportPage links={links} row={found} root={root} src={src} />;
    return etagged(request, `<!DOCTYPE html>${renderToString(page)}`, headers);
  };
}

function ReportPage(
  { links, row, root, src }: {
    links: Links;
    row: CoverageRow & { part?: string };
    root: string;
    src: string;
  },
) {
  const name = `${row.org_name}/${row.repo_name}`;
  return (
    <html lang="en" class="framing">
      <Head links={links} title={`Report of ${row.branch_name} · ${name} · Coverage`}>
        <link rel="stylesheet" href={links.asset(assetNames.style)} />
        <script src={links.asset(assetNames.script)} defer></script>
      </Head>
      <body>
        <header>
          <Brand links={links} />
          <h1>
            <a href={links.repository(row)}>{name}</a>
          </h1>
          <span>
            {row.language} on <bdi>{row.branch_name}</bdi>
            {row.part === undefined ? "" : (
              <>
                , part <bdi>{row.part}</bdi>
              </>
            )}
          </span>
          <Commit links={links} row={row} />
          <Percentage value={row.percentage} />
          <Ago at={row.created_at} now={new Date()} />
          <nav aria-label="Report">
            <a href={links.uploadPage(row)}>Upload page</a>
            <a id="bare" href={src}>Without the frame</a>
          </nav>
        </header>
        <main>
          <iframe
            title={`The ${row.language} report`}
            src={src}
            data-root={root}
            data-page={links.report({ ...row, report_index: null })}
          >
          </iframe>
        </main>
      </body>
    </html>
  );
}
