/**
 * `GET /coverages-ui/{org}/{repo}`: everything about a repository.
 *
 * @module
 */
import type { Html } from "./html.ts";
import type { Sql } from "postgres";
import { z } from "zod";
import type { Config } from "../config.ts";
import {
  branchName,
  givenFields,
  pageNumber,
  pageOfMany,
  parseFields,
} from "../coverages/names.ts";
import type { RepositoryName } from "../coverages/queries.ts";
import { HttpError } from "../http/errors.ts";
import type { Handler } from "../http/router.ts";
import { decodeSegment } from "../reports/serve.ts";
import { BadgeSection } from "./badge_section.tsx";
import { Bar } from "./bar.tsx";
import { renderPage } from "./layout.tsx";
import { Ago, Change, Percentage } from "./numbers.tsx";
import { Pager } from "./pager.tsx";
import {
  AUTHOR_UPLOADS,
  type AuthorLine,
  MAX_PICKED,
  readRepository,
  type RepositoryPage,
} from "./queries.ts";
import { type Query, Site } from "./site.ts";
import { Sparkline } from "./sparkline.tsx";
import { TrendChart } from "./trend_chart.tsx";
import { trendsOf } from "./trends.ts";
import { Author, UploadsTable } from "./uploads_table.tsx";

const BRANCHES_PER_PAGE = 100;
const HISTORY_PER_PAGE = 25;

const repositoryFields = z.object({
  branches: pageNumber.default(1),
  history: pageOfMany.default(1),
});
const pickedFields = z.object({
  branch: z.array(branchName).max(MAX_PICKED, `must name at most ${MAX_PICKED} branches`),
});

/** What is shown at the moment, as its address says. */
interface View {
  /** Branches picked for the chart. */
  readonly picked: readonly string[];
  /** Page of the table of branches. */
  readonly branches: number;
  /** Page of the history. */
  readonly history: number;
}

/** What every part of the page is made of. */
interface Shown {
  readonly site: Site;
  readonly page: RepositoryPage;
  readonly view: View;
  readonly link: (changes: Partial<View>, anchor: string) => string;
  readonly now: Date;
}

/** Makes the handler. It throws 404 for a repository that was never uploaded. */
export function createRepositoryHandler(
  { sql, config }: { sql: Sql; config: Pick<Config, "publicUrl" | "githubUrl"> },
): Handler {
  return async (_request, { url, params }) => {
    const name: RepositoryName = {
      org_name: decodeSegment(params.org ?? ""),
      repo_name: decodeSegment(params.repo ?? ""),
    };
    const { branches, history } = parseFields(repositoryFields, givenFields(url));
    const { branch } = parseFields(pickedFields, {
      branch: [...new Set(url.searchParams.getAll("branch"))].filter((branch) => branch !== ""),
    });
    const view: View = { picked: branch, branches, history };
    // One row more than a page has tells whether another page follows.
    const page = await readRepository(sql, name, {
      picked: view.picked,
      branches: {
        limit: BRANCHES_PER_PAGE + 1,
        offset: (branches - 1) * BRANCHES_PER_PAGE,
      },
      history: { limit: HISTORY_PER_PAGE + 1, offset: (history - 1) * HISTORY_PER_PAGE },
    });
    if (!page) {
      throw new HttpError(404, `Nothing was ever uploaded for ${name.org_name}/${name.repo_name}.`);
    }
    const site = new Site(config, url.origin);
    const { repository } = page;
    const link = (changes: Partial<View>, anchor: string) =>
      `${site.repository(repository, queryOf({ ...view, ...changes }))}#${anchor}`;
    const shown: Shown = { site, page, view, link, now: new Date() };
    return renderPage(
      site,
      { title: `${repository.org_name}/${repository.repo_name} · Coverage` },
      <>
        <Head {...shown} />
        <Trend {...shown} />
        <div class="columns">
          <BranchBars {...shown} />
          <AuthorBars {...shown} />
        </div>
        <Branches {...shown} />
        <History {...shown} />
        <Badge {...shown} />
      </>,
    );
  };
}

function queryOf({ picked, branches, history }: View): Query {
  return {
    branch: picked,
    branches: branches === 1 ? undefined : branches,
    history: history === 1 ? undefined : history,
  };
}

function Head({ site, page: { repository }, now }: Shown): Html {
  const { org_name, repo_name, main_branch, languages } = repository;
  return (
    <section class="head" aria-labelledby="name">
      <div>
        <p class="path">
          <a href={site.home()}>Repositories</a> /{" "}
          <a href={site.home({ org: org_name })}>
            {org_name}
          </a>
        </p>
        <h1 id="name">{repo_name}</h1>
        <p>
          <a href={site.githubRepository(repository)}>{org_name}/{repo_name} on GitHub</a> ·{" "}
          {main_branch === null ? "no active branch" : <bdi>{main_branch}</bdi>} ·{" "}
          {repository.newest_at === null ? null : <Ago at={repository.newest_at} now={now} />}
        </p>
      </div>
      {languages?.map(({ language, percentage, trend, report_index }) => {
        const before = trend.at(-2);
        const report = { ...repository, branch_name: main_branch!, language, report_index };
        return (
          <div class="total" key={language}>
            <Sparkline values={trend} />
            <p class="big">
              <Percentage value={percentage} />
            </p>
            <p>
              {language}{" "}
              <Change
                value={before === undefined ? null : percentage - before}
                against="the upload before"
              />{" "}
              · <a href={site.report(report)}>Report</a>
            </p>
          </div>
        );
      })}
    </section>
  );
}

function Trend({ site, page, view }: Shown): Html {
  const { repository, trend } = page;
  const drawn = new Set(trend.map(({ branch_name }) => branch_name));
  const choices = [...new Set([...drawn, ...page.choices])];
  return (
    <section id="trend" aria-labelledby="trend-title">
      <h2 id="trend-title">Coverage over time</h2>
      {trend.length === 0
        ? <p>None of these branches was ever uploaded.</p>
        : <TrendChart trends={trendsOf(trend)} label="Coverage over time" />}
      <details>
        <summary>Pick branches</summary>
        <form action={site.repository(repository)}>
          <fieldset>
            <legend>Branches to draw, at most {MAX_PICKED}</legend>
            {choices.map((branch) => (
              <label key={branch}>
                <input
                  type="checkbox"
                  name="branch"
                  value={branch}
                  checked={drawn.has(branch)}
                />
                <bdi>{branch}</bdi>
              </label>
            ))}
          </fieldset>
          {view.branches > 1
            ? <input type="hidden" name="branches" value={String(view.branches)} />
            : null}
          {view.history > 1
            ? <input type="hidden" name="history" value={String(view.history)} />
            : null}
          <button type="submit">Draw</button>
        </form>
      </details>
    </section>
  );
}

/** The badge of the main branch; where that has several languages, of the one that leads. */
function Badge({ site, page: { repository } }: Shown): Html | null {
  const { main_branch, languages } = repository;
  if (main_branch === null || !languages) return null;
  const language = languages.length > 1 ? languages[0]!.language : undefined;
  return (
    <BadgeSection
      site={site}
      branch={{ ...repository, branch_name: main_branch, language }}
    />
  );
}

function BranchBars({ page }: Shown): Html | null {
  const { main_branch, languages: summaries } = page.repository;
  // The main branch comes first, and is there even when a hundred others are newer.
  const main = (summaries ?? []).map((summary) => ({ ...summary, branch_name: main_branch! }));
  const active = [...main, ...page.bars];
  if (active.length === 0) return null;
  const languages = new Set(active.map(({ language }) => language));
  return (
    <section aria-labelledby="per-branch">
      <h2 id="per-branch">Coverage per branch</h2>
      <table class="bars">
        <thead>
          <tr>
            <th scope="col">
              <span class="unseen">Branch</span>
            </th>
            <th scope="col">
              <span class="unseen">Bar</span>
            </th>
            <th scope="col" class="figure">
              <span class="unseen">Coverage</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {active.map(({ branch_name, language, percentage }) => (
            <tr key={`${branch_name} ${language}`}>
              <th scope="row" title={branch_name}>
                <bdi>{branch_name}</bdi>
                {languages.size > 1 ? <small>{language}</small> : null}
              </th>
              <td>
                <Bar value={percentage} />
              </td>
              <td class="figure">
                <Percentage value={percentage} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function AuthorBars({ site, page: { repository, authors } }: Shown): Html {
  const uploads = authors.reduce((sum, author) => sum + author.uploads, 0);
  return (
    <section aria-labelledby="per-author">
      <h2 id="per-author">
        Coverage per author
        {uploads === AUTHOR_UPLOADS ? <small>in the last {uploads} uploads</small> : null}
      </h2>
      <table class="bars">
        <thead>
          <tr>
            <th scope="col">
              <span class="unseen">Author</span>
            </th>
            <th scope="col">
              <span class="unseen">Bar</span>
            </th>
            <th scope="col" class="figure">
              <span class="unseen">Coverage of the last upload</span>
            </th>
            <th scope="col" class="figure">
              <span class="unseen">Change by all of these uploads</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {authors.map((author: AuthorLine) => (
            <tr key={author.commit_author}>
              <th scope="row" title={author.commit_author}>
                <Author site={site} org={repository.org_name} author={author.commit_author} />
                <small>{author.uploads === 1 ? "1 upload" : `${author.uploads} uploads`}</small>
              </th>
              <td>
                <Bar value={author.percentage} />
              </td>
              <td class="figure">
                <Percentage value={author.percentage} />
              </td>
              <td class="figure">
                <Change
                  value={author.change}
                  against="the uploads before each of theirs, in all"
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Branches({ site, page: { repository, branches }, view, link, now }: Shown): Html {
  const main = new Map(
    repository.languages?.map(({ language, percentage }) => [language, percentage]),
  );
  const lines = branches.slice(0, BRANCHES_PER_PAGE).map((row) => {
    const other = row.branch_name === repository.main_branch ? undefined : main.get(row.language);
    return {
      ...row,
      org_name: repository.org_name,
      repo_name: repository.repo_name,
      change: other === undefined ? null : row.percentage - other,
    };
  });
  return (
    <section id="branches" aria-labelledby="branches-title">
      <h2 id="branches-title">Branches</h2>
      {lines.length === 0 ? <p>There are no more branches.</p> : (
        <UploadsTable
          site={site}
          lines={lines}
          options={{
            caption: "The last upload of each branch",
            against: repository.main_branch ?? "",
            mainBranch: repository.main_branch,
            now,
          }}
        />
      )}
      <Pager
        place={{ page: view.branches, hasNext: branches.length > BRANCHES_PER_PAGE }}
        label="Pages of branches"
        link={(page) => link({ branches: page }, "branches")}
      />
    </section>
  );
}

function History({ site, page: { repository, history }, view, link, now }: Shown): Html {
  const { org_name, repo_name } = repository;
  const lines = history.slice(0, HISTORY_PER_PAGE).map(({ before, ...row }) => ({
    ...row,
    org_name,
    repo_name,
    change: before === null ? null : row.percentage - before,
  }));
  return (
    <section id="history" aria-labelledby="history-title">
      <h2 id="history-title">History</h2>
      {lines.length === 0 ? <p>There are no more uploads.</p> : (
        <UploadsTable
          site={site}
          lines={lines}
          options={{ caption: "Every upload", against: "the upload before", now }}
        />
      )}
      <Pager
        place={{ page: view.history, hasNext: history.length > HISTORY_PER_PAGE }}
        label="Pages of uploads"
        link={(page) => link({ history: page }, "history")}
      />
    </section>
  );
}
