/** `GET /coverages-ui`: every repository. */
import type { Sql } from "postgres";
import { z } from "zod";
import { changeOf } from "../model/percentage.ts";
import { givenFields, keyword, orgName, pageNumber, parseFields } from "../model/fields.ts";
import { etagged } from "../http/etag.ts";
import type { Handler } from "../http/router.ts";
import { htmlHeaders, renderPage } from "./layout.tsx";
import { Ago, Change, Percentage } from "./numbers.tsx";
import {
  isDescending,
  orderField,
  Pager,
  Sorting,
  type SortOption,
  sortQuery,
} from "./list_controls.tsx";
import {
  type LanguageSummary,
  readHome,
  type RepositorySummary,
  type SortKey,
} from "../db/page_queries.ts";
import { Links, type LinkSettings, type Query } from "./links.ts";
import { Sparkline } from "./sparkline.tsx";

const homeFields = z.object({
  org: orgName.optional(),
  q: keyword.optional(),
  // The name that links to a code-coverage-dashboard have for it.
  keyword: keyword.optional(),
  sort: z.enum(["newest", "name", "coverage"], "must be newest, name or coverage")
    .default("newest"),
  order: orderField,
  p: pageNumber.default(1),
});

interface View {
  readonly org: string | undefined;
  readonly q: string | undefined;
  readonly sort: SortKey;
  readonly descending: boolean;
  readonly page: number;
}

export function createHomeHandler(
  { sql, config }: { sql: Sql; config: LinkSettings },
): Handler {
  return async (request, { url, reader }) => {
    const fields = parseFields(homeFields, givenFields(url));
    const view: View = {
      org: fields.org,
      q: (fields.q ?? fields.keyword)?.trim() || undefined,
      sort: fields.sort,
      descending: isDescending(SORTS, fields),
      page: fields.p,
    };
    const links = new Links(config, url.origin);
    const { repositories, hasNext } = await readHome(sql, {
      ...view,
      org_name: view.org,
      keyword: view.q,
      scopes: reader?.scopes,
    });
    const page = {
      title: [view.q, view.org, "Coverage"].filter((part) => part !== undefined).join(" · "),
      keyword: view.q,
      person: reader?.person,
      searchKeeps: queryOf({ ...view, q: undefined, page: 1 }),
    };
    const shown = { links, view, now: new Date(), repositories, hasNext };
    return etagged(request, renderPage(links, page, <Home {...shown} />), htmlHeaders);
  };
}

function Home({ links, view, now, repositories, hasNext }: {
  links: Links;
  view: View;
  now: Date;
  repositories: readonly RepositorySummary[];
  hasNext: boolean;
}) {
  const { q, org, page } = view;
  if (repositories.length === 0 && q === undefined && org === undefined && page === 1) {
    return <Welcome links={links} />;
  }
  return (
    <>
      <div class="title">
        <h1>{org === undefined ? "Repositories" : `Repositories of ${org}`}</h1>
        <Sorting
          options={SORTS}
          current={view.sort}
          descending={view.descending}
          link={(sort, descending) => links.home(queryOf({ ...view, sort, descending, page: 1 }))}
        />
      </div>
      <p class="muted" role="status">{statusOf(repositories.length, hasNext, view)}</p>
      <div id="results">
        <ol class="repositories">
          {repositories.map((repository) => (
            <Repository
              key={`${repository.org_name}/${repository.repo_name}`}
              links={links}
              repository={repository}
              now={now}
            />
          ))}
        </ol>
        <Pager
          page={page}
          hasNext={hasNext}
          label="Pages of repositories"
          link={(page) => links.home(queryOf({ ...view, page }))}
        />
      </div>
    </>
  );
}

const SORTS: readonly SortOption<SortKey>[] = [
  { key: "newest", name: "Last upload", descends: true },
  { key: "name", name: "Name", descends: false },
  { key: "coverage", name: "Coverage", descends: true },
];

function queryOf({ org, q, page, ...order }: View): Query {
  return { org, q, ...sortQuery(SORTS, order), p: page === 1 ? undefined : page };
}

function statusOf(count: number, hasNext: boolean, { org, q, page }: View): string {
  if (count === 0 && page > 1) return "No more repositories.";
  if (q === undefined) return count > 0 ? "" : `No uploads for ${org} yet.`;
  if (count === 0) return `No repositories match “${q}”.`;
  if (page > 1 || hasNext) return `Repositories matching “${q}”, page ${page}.`;
  return count === 1 ? `1 repository matches “${q}”.` : `${count} repositories match “${q}”.`;
}

function Repository(
  { links, repository, now }: { links: Links; repository: RepositorySummary; now: Date },
) {
  const { org_name, repo_name, main_branch, languages, newest_at } = repository;
  return (
    <li>
      <div class="name">
        <a href={links.repository(repository)}>
          {org_name}/<strong>{repo_name}</strong>
        </a>
        <small>
          {main_branch === null ? "no active branch · " : null}
          last upload <Ago at={newest_at} now={now} />
        </small>
      </div>
      <ul class="languages">
        {languages.map((summary) => (
          <Language
            key={summary.language}
            summary={summary}
            branch={main_branch!}
            report={links.report({ ...repository, ...summary })}
          />
        ))}
      </ul>
    </li>
  );
}

function Language(
  { summary, branch, report }: { summary: LanguageSummary; branch: string; report: string },
) {
  const { language, percentage, trend } = summary;
  return (
    <li>
      <span class="language">
        {language} on <bdi>{branch}</bdi>
      </span>
      <Sparkline values={trend} />
      <Change value={changeOf(trend.at(-2), percentage)} against="the previous upload" />
      <a class="number" href={report} title={`The ${language} report`}>
        <Percentage value={percentage} />
      </a>
    </li>
  );
}

function Welcome({ links }: { links: Links }) {
  const query = "org_name=acme&repo_name=shop&branch_name=main&commit_hash=0123abcd" +
    "&commit_author=ada&language=go&coverage_xml_file_name=coverage.xml";
  return (
    <>
      <h1>No uploads yet</h1>
      <p>
        Pack the HTML report of your coverage tool together with its coverage file, and send the
        archive here:
      </p>
      <div class="copyable">
        <pre tabIndex={0}><code id="first-report">{`tar -zcf coverage.tar.gz coverage/
curl --form file=@coverage.tar.gz \\
  "${links.uploadTarget()}?${query}"`}</code></pre>
        <button type="button" data-copy="first-report" hidden>Copy</button>
      </div>
      <p>
        Replace the values in the address: <code>org_name</code>, <code>repo_name</code> and{" "}
        <code>branch_name</code> as on your code host, <code>coverage_xml_file_name</code>{" "}
        as the coverage file is called in the archive. Then reload this page.
      </p>
    </>
  );
}
