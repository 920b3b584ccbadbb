/** `GET /coverages-ui/{org}/user/{author}`: what an author uploaded in an organisation. */
import type { Sql } from "postgres";
import { z } from "zod";
import { givenFields, pageOfMany, parseFields } from "../model/fields.ts";
import { HttpError } from "../errors.ts";
import { etagged } from "../http/etag.ts";
import { decodeSegment, type Handler } from "../http/router.ts";
import { Breadcrumbs, htmlHeaders, renderPage } from "./layout.tsx";
import { Pager } from "./list_controls.tsx";
import { MAX_CHOSEN, readAuthor } from "../db/page_queries.ts";
import { Links, type LinkSettings } from "./links.ts";
import { TrendChart, trendsOf } from "./trend_chart.tsx";
import { UploadsTable } from "./uploads_table.tsx";

const PER_PAGE = 50;

const authorFields = z.object({ p: pageOfMany.default(1) });

/** Throws 404 for an author without uploads in the organisation. */
export function createAuthorHandler(
  { sql, config }: { sql: Sql; config: LinkSettings },
): Handler {
  return async (request, { url, params, reader }) => {
    const given = decodeSegment(params.org ?? "");
    // A name may have a slash, which some proxies turn `%2F` into.
    const rest = (params["0"] ?? "").replace(/\/$/, "");
    const author = rest.split(/\/|%2F/i).map(decodeSegment).join("/");
    const { p: page } = parseFields(authorFields, givenFields(url));
    const { uploads, trend } = await readAuthor(sql, {
      org: given,
      author,
      limit: PER_PAGE + 1,
      offset: (page - 1) * PER_PAGE,
    });
    const org = trend[0]?.org_name;
    if (org === undefined) throw new HttpError(404, `No uploads by ${author} in ${given} yet.`);
    const links = new Links(config, url.origin);
    const outside = links.code.author(author);
    const languages = new Set(trend.map(({ language }) => language));
    const trends = trendsOf(
      trend,
      (point) => links.uploadPage(point),
      ({ repo_name, language }) => languages.size > 1 ? `${repo_name}, ${language}` : repo_name,
    );
    const newestOf = ({ points }: typeof trends[number]) => points.at(-1)!.at.getTime();
    const drawn = trends.toSorted((a, b) => newestOf(b) - newestOf(a)).slice(0, MAX_CHOSEN);
    const shown = uploads.slice(0, PER_PAGE);
    const html = renderPage(
      links,
      { title: `${author} · ${org} · Coverage`, person: reader?.person },
      <>
        <section aria-labelledby="name">
          <Breadcrumbs links={links} org={org} />
          <div class="title">
            <h1 id="name">
              <bdi>{author}</bdi>
            </h1>
            {outside ? <a class="outside" href={outside}>{author} on {links.code.name}</a> : null}
          </div>
        </section>
        <section aria-labelledby="trend-title">
          <h2 id="trend-title">Coverage over time</h2>
          <TrendChart trends={drawn} label={`Uploads by ${author}`} />
        </section>
        <section aria-labelledby="uploads-title">
          <h2 id="uploads-title">Uploads</h2>
          {shown.length === 0 ? <p>No more uploads.</p> : (
            <UploadsTable
              links={links}
              uploads={shown}
              options={{
                caption: `Uploads by ${author}`,
                against: "previous",
                withRepository: true,
                now: new Date(),
              }}
            />
          )}
          <Pager
            page={page}
            hasNext={uploads.length > PER_PAGE}
            label="Pages of uploads"
            link={(page) => links.author(org, author, { p: page === 1 ? undefined : page })}
          />
        </section>
      </>,
    );
    return etagged(request, html, htmlHeaders);
  };
}
