/**
 * `GET /coverages-ui`: every repository.
 *
 * @module
 */
import type { Html } from "./html.ts";
import { LRUCache } from "lru-cache";
import type { Sql } from "postgres";
import { z } from "zod";
import type { Config } from "../config.ts";
import { changeOf } from "../model/percentage.ts";
import { givenFields, keyword, orgName, pageNumber, parseFields } from "../model/fields.ts";
import { revalidated } from "../http/etag.ts";
import type { Handler } from "../http/router.ts";
import { pageResponse, renderHtml } from "./layout.tsx";
import { Ago, Change, Percentage } from "./numbers.tsx";
import { Pager } from "./pager.tsx";
import {
  type LanguageSummary,
  readHome,
  type RepositorySummary,
  type SortKey,
} from "../db/page_queries.ts";
import { type Query, Site } from "./links.ts";
import { Sparkline } from "./sparkline.tsx";

/** Pages that are kept as they were rendered, some 25 KB each. */
const KEPT_PAGES = 100;
const MINUTE_MS = 60_000;

const homeFields = z.object({
  org: orgName.optional(),
  q: keyword.optional(),
  sort: z.enum(["newest", "name", "coverage"], "must be newest, name or coverage")
    .default("newest"),
  order: z.enum(["asc", "desc"], "must be asc or desc").optional(),
  p: pageNumber.default(1),
});

/** What is shown at the moment, as its address says. */
interface View {
  readonly org: string | undefined;
  readonly q: string | undefined;
  readonly sort: SortKey;
  readonly descending: boolean;
  readonly page: number;
}

/** A page as it was rendered last. */
interface KeptPage {
  /** The state of the database that it shows. */
  readonly snapshot: string;
  /** When; what it says of times is true for a minute. */
  readonly minute: number;
  readonly html: string;
}

/**
 * Makes the handler. A page that was rendered in this minute is answered again when the database says
 * that nothing was committed since.
 */
export function createHomeHandler(
  { sql, config }: { sql: Sql; config: Pick<Config, "publicUrl" | "githubUrl"> },
): Handler {
  const kept = new LRUCache<string, KeptPage>({ max: KEPT_PAGES });
  return revalidated(async (_request, { url }) => {
    const fields = parseFields(homeFields, givenFields(url));
    const view: View = {
      org: fields.org,
      q: fields.q?.trim() || undefined,
      sort: fields.sort,
      descending: fields.order ? fields.order === "desc" : descendsByItself(fields.sort),
      page: fields.p,
    };
    const site = new Site(config, url.origin);
    const now = new Date();
    const minute = Math.floor(now.getTime() / MINUTE_MS);
    const key = JSON.stringify([url.origin, view]);
    const last = kept.get(key);
    const known = last?.minute === minute ? last : undefined;
    const { snapshot, repositories, hasNext } = await readHome(sql, {
      ...view,
      keyword: view.q,
      known: known?.snapshot,
    });
    if (known && !repositories) return pageResponse(known.html);
    const html = renderHtml(
      site,
      {
        title: [view.q, view.org, "Coverage"].filter((part) => part !== undefined).join(" · "),
        keyword: view.q,
        kept: queryOf({ ...view, q: undefined, page: 1 }),
      },
      <Home
        site={site}
        view={view}
        now={now}
        repositories={repositories ?? []}
        hasNext={hasNext}
      />,
    );
    kept.set(key, { snapshot, minute, html });
    return pageResponse(html);
  });
}

function Home({ site, view, now, repositories, hasNext }: {
  site: Site;
  view: View;
  now: Date;
  repositories: readonly RepositorySummary[];
  hasNext: boolean;
}): Html {
  const { q, org, page } = view;
  if (repositories.length === 0 && q === undefined && org === undefined && page === 1) {
    return <Welcome site={site} />;
  }
  return (
    <>
      <div class="title">
        <h1>{org === undefined ? "Repositories" : `Repositories of ${org}`}</h1>
        <Sorting site={site} view={view} />
      </div>
      <p class="status" role="status">{found(repositories.length, hasNext, view)}</p>
      <div id="results">
        <ol class="repositories">
          {repositories.map((repository) => (
            <Repository
              key={`${repository.org_name}/${repository.repo_name}`}
              site={site}
              repository={repository}
              now={now}
            />
          ))}
        </ol>
        <Pager
          place={{ page: view.page, hasNext }}
          label="Pages of repositories"
          link={(page) => site.home(queryOf({ ...view, page }))}
        />
      </div>
    </>
  );
}

/** What is newest or best is looked for first; names begin at their beginning. */
function descendsByItself(sort: SortKey): boolean {
  return sort !== "name";
}

function queryOf({ org, q, sort, descending, page }: View): Query {
  return {
    org,
    q,
    sort: sort === "newest" ? undefined : sort,
    order: descending === descendsByItself(sort) ? undefined : descending ? "desc" : "asc",
    p: page === 1 ? undefined : page,
  };
}

/** What a search has found, in words; nothing without a search. */
function found(count: number, hasNext: boolean, { org, q, page }: View): string {
  if (q === undefined) {
    if (count > 0) return "";
    return page > 1 ? "There are no more repositories." : `There is no repository of ${org} here.`;
  }
  if (count === 0) {
    return page === 1 ? `No repository has “${q}” in its name.` : "There are no more repositories.";
  }
  const number = page > 1 || hasNext
    ? `Page ${page} of the repositories`
    : count === 1
    ? "One repository"
    : `${count} repositories`;
  return `${number} with “${q}” in the name.`;
}

const SORTS: readonly [SortKey, string][] = [
  ["newest", "Newest"],
  ["name", "Name"],
  ["coverage", "Coverage"],
];

function Sorting({ site, view }: { site: Site; view: View }): Html {
  return (
    <nav class="sorting" aria-label="Sort by">
      {SORTS.map(([sort, name]) => {
        const isCurrent = view.sort === sort;
        const descending = isCurrent ? !view.descending : descendsByItself(sort);
        return (
          <a
            key={sort}
            href={site.home(queryOf({ ...view, sort, descending, page: 1 }))}
            {...(isCurrent ? { "aria-current": "true" } : {})}
          >
            {name}
            {isCurrent ? <span aria-hidden="true">{view.descending ? " ↓" : " ↑"}</span> : null}
          </a>
        );
      })}
    </nav>
  );
}

function Repository(
  { site, repository, now }: { site: Site; repository: RepositorySummary; now: Date },
): Html {
  const { org_name, repo_name, main_branch, languages } = repository;
  return (
    <li>
      <div class="name">
        <a href={site.repository(repository)}>
          {org_name}/<strong>{repo_name}</strong>
        </a>
        <small>
          {main_branch === null ? "no active branch" : <bdi>{main_branch}</bdi>} ·{" "}
          {repository.newest_at === null ? null : <Ago at={repository.newest_at} now={now} />}
        </small>
      </div>
      <ul class="measured">
        {languages?.map((summary) => (
          <Measured
            key={summary.language}
            summary={summary}
            report={site.report({
              ...repository,
              branch_name: main_branch!,
              language: summary.language,
              report_index: summary.report_index,
            })}
          />
        ))}
      </ul>
    </li>
  );
}

function Measured({ summary, report }: { summary: LanguageSummary; report: string }): Html {
  const { language, percentage, trend } = summary;
  return (
    <li>
      <span class="language">{language}</span>
      <Sparkline values={trend} />
      <Change
        value={changeOf(trend.at(-2), percentage)}
        against="the upload before"
      />
      <a class="number" href={report} title={`The ${language} report`}>
        <Percentage value={percentage} />
      </a>
    </li>
  );
}

function Welcome({ site }: { site: Site }): Html {
  const query = "org_name=acme&repo_name=shop&branch_name=main&commit_hash=0123abcd" +
    "&commit_author=ada&language=go&coverage_xml_file_name=coverage.xml";
  return (
    <>
      <h1>No report yet</h1>
      <p>
        Pack the HTML report of your coverage tool together with its XML file (Cobertura, Clover or
        JaCoCo), and send it here:
      </p>
      <div class="copyable">
        <pre tabIndex={0}><code id="first-report">{`tar -zcf coverage.tar.gz coverage/
curl --form file=@coverage.tar.gz \\
  "${site.upload()}?${query}"`}</code></pre>
        <button type="button" data-copy="first-report" hidden>Copy</button>
      </div>
      <p>
        The names in the address are yours to set: <code>org_name</code>, <code>repo_name</code> and
        {" "}
        <code>branch_name</code> as on GitHub, and <code>coverage_xml_file_name</code>{" "}
        the XML file in the archive. Then load this page again.
      </p>
    </>
  );
}
