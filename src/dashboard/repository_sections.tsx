/** The sections of a repository's page. */
import { renderToString } from "preact-render-to-string";
import { AUTHOR_UPLOADS, MAX_CHOSEN, type RepositoryPage } from "../db/page_queries.ts";
import { changeOf } from "../model/percentage.ts";
import { Breadcrumbs } from "./layout.tsx";
import type { Links, Query } from "./links.ts";
import { Ago, Bar, Change, linesText, Percentage } from "./numbers.tsx";
import { Hidden, Pager, SearchForm } from "./list_controls.tsx";
import { Sparkline } from "./sparkline.tsx";
import { TrendChart, trendsOf } from "./trend_chart.tsx";
import { Author, Commit, UploadsTable } from "./uploads_table.tsx";

/** What the address asks for. */
export interface View {
  /** Branches chosen for the chart. */
  readonly chosen: readonly string[];
  /** Substring of the names of the listed branches. */
  readonly q: string | undefined;
  /** Whether the table has pull requests, tags and merge queues instead of branches. */
  readonly refs: boolean;
  readonly branches: number;
  readonly history: number;
}

export interface SectionProps {
  readonly links: Links;
  readonly page: RepositoryPage;
  readonly view: View;
  /** The address of the same page with changes, at one of its sections. */
  readonly link: (changes: Partial<View>, section: string) => string;
  readonly now: Date;
}

export const BRANCHES_PER_PAGE = 20;
export const HISTORY_PER_PAGE = 25;

export function queryOf({ chosen, q, refs, branches, history }: View): Query {
  return {
    branch: chosen,
    q,
    refs: refs ? 1 : undefined,
    branches: branches === 1 ? undefined : branches,
    history: history === 1 ? undefined : history,
  };
}

const SECTIONS = [
  ["trend", "Trend"],
  ["branches", "Branches"],
  ["history", "History"],
  ["authors", "Authors"],
  ["badge", "Badge"],
] as const;

export function Head({ links, page: { repository, main }, now }: SectionProps) {
  const { org_name, repo_name, languages } = repository;
  return (
    <section aria-labelledby="name">
      <Breadcrumbs links={links} org={org_name} />
      <div class="title">
        <h1 id="name">{repo_name}</h1>
        <a class="outside" href={links.code.repository(repository)}>
          On {links.code.name}
        </a>
      </div>
      {main.length === 0 ? <p class="muted">No active branch.</p> : null}
      <ul class="cards">
        {main.map((upload) => {
          const row = { ...repository, ...upload };
          const trend = languages.find(({ language }) => language === upload.language)?.trend;
          return (
            <li key={upload.language}>
              {upload.language} on <bdi>{upload.branch_name}</bdi>
              <div class="title">
                <a class="big" href={links.uploadPage(row)}>
                  <Percentage value={upload.percentage} />
                </a>
                <Change
                  value={changeOf(upload.before, upload.percentage)}
                  against="the previous upload"
                />
                <Sparkline values={trend ?? [upload.percentage]} />
              </div>
              <span class="muted">
                {linesText(upload)}
                {linesText(upload) && <br />}
                <Commit links={links} row={row} /> · <Ago at={upload.created_at} now={now} /> ·{" "}
                <a href={links.report(row)}>Report</a>
              </span>
            </li>
          );
        })}
      </ul>
      <nav class="sections" aria-label="Sections">
        {SECTIONS.filter(([id]) => id !== "badge" || main.length > 0)
          .map(([id, name]) => <a key={id} href={`#${id}`}>{name}</a>)}
      </nav>
    </section>
  );
}

/** Coverage over time of some branches, and a form to choose them. */
export function Trend({ links, page, view }: SectionProps) {
  const { repository, trend } = page;
  const drawn = new Set(trend.map(({ branch_name }) => branch_name));
  const choices = [...new Set([...drawn, ...page.choices])];
  return (
    <section id="trend" aria-labelledby="trend-title">
      <h2 id="trend-title">Coverage over time</h2>
      {trend.length === 0 ? <p>No uploads of these branches.</p> : (
        <TrendChart
          trends={trendsOf(trend, ({ id }) => links.uploadPage({ ...repository, id }))}
          label="Coverage over time"
        />
      )}
      <details>
        <summary>Choose branches (max. {MAX_CHOSEN})</summary>
        <form action={`${links.repository(repository)}#trend`}>
          <Hidden query={queryOf({ ...view, chosen: [] })} />
          <fieldset aria-label="Branches in the chart">
            {choices.map((branch) => (
              <label key={branch}>
                <input type="checkbox" name="branch" value={branch} checked={drawn.has(branch)} />
                <bdi>{branch}</bdi>
              </label>
            ))}
          </fieldset>
          <button type="submit">Apply</button>
        </form>
      </details>
    </section>
  );
}

/** The newest upload of each branch against the main one, which comes first on every page. */
export function Branches({ links, page, view, link, now }: SectionProps) {
  const { repository, main, branches } = page;
  const { main_branch } = repository;
  const { q } = view;
  const base = new Map(main.map(({ language, percentage }) => [language, percentage]));
  const matches = (name: string) => name.toLowerCase().includes(q?.toLowerCase() ?? "");
  const uploads = [
    ...main.filter(({ branch_name }) => matches(branch_name))
      .map((row) => ({ ...repository, ...row, before: null })),
    ...branches.slice(0, BRANCHES_PER_PAGE)
      .map((row) => ({ ...repository, ...row, before: base.get(row.language) ?? null })),
  ];
  return (
    <section id="branches" aria-labelledby="branches-title">
      <div class="title">
        <h2 id="branches-title">Branches</h2>
        <SearchForm
          action={`${links.repository(repository)}#branches`}
          keeps={queryOf({ ...view, q: undefined, branches: 1 })}
          q={q}
          placeholder="Filter branches"
          label="Filter branches"
          replaces="#branches-results"
          button="Filter"
        />
      </div>
      <p class="muted" role="status">
        {uploads.length === 0 ? q ? `No branches match “${q}”.` : "No more branches." : ""}
      </p>
      <div id="branches-results">
        {uploads.length === 0 ? null : (
          <UploadsTable
            links={links}
            uploads={uploads}
            options={{
              caption: view.refs
                ? "The newest upload of each pull request, tag and merge queue"
                : "The newest upload of each branch",
              against: main_branch,
              mainBranch: main_branch,
              now,
            }}
          />
        )}
        <Pager
          page={view.branches}
          hasNext={branches.length > BRANCHES_PER_PAGE}
          label="Pages of branches"
          link={(page) => link({ branches: page }, "branches")}
        />
        {page.has_refs || view.refs
          ? (
            <p>
              <a href={link({ refs: !view.refs, branches: 1 }, "branches")}>
                {view.refs ? "Branches" : "Pull requests, tags and merge queues"}
              </a>
            </p>
          )
          : null}
      </div>
    </section>
  );
}

/** Every upload against the one before. */
export function History({ links, page, view, link, now }: SectionProps) {
  const { repository, history } = page;
  const uploads = history.slice(0, HISTORY_PER_PAGE).map((row) => ({ ...repository, ...row }));
  return (
    <section id="history" aria-labelledby="history-title">
      <h2 id="history-title">History</h2>
      {uploads.length === 0 ? <p>No more uploads.</p> : (
        <UploadsTable
          links={links}
          uploads={uploads}
          options={{ caption: "Every upload", against: "previous", now }}
        />
      )}
      <Pager
        page={view.history}
        hasNext={history.length > HISTORY_PER_PAGE}
        label="Pages of uploads"
        link={(page) => link({ history: page }, "history")}
      />
    </section>
  );
}

/** The authors of the newest uploads, with what these changed. */
export function Authors({ links, page: { repository, authors } }: SectionProps) {
  const uploads = authors.reduce((sum, author) => sum + author.uploads, 0);
  return (
    <section id="authors" aria-labelledby="authors-title">
      <h2 id="authors-title">
        Coverage by author{" "}
        {uploads === AUTHOR_UPLOADS ? <small>in the last {uploads} uploads</small> : null}
      </h2>
      <table class="uploads">
        <thead>
          <tr>
            <th scope="col">Author</th>
            <td class="wide"></td>
            <th scope="col" class="figure">
              Newest upload <small>all changes</small>
            </th>
          </tr>
        </thead>
        <tbody>
          {authors.map(({ commit_author, uploads, percentage, change }) => (
            <tr key={commit_author}>
              <th scope="row" title={commit_author}>
                <Author links={links} org={repository.org_name} author={commit_author} />
                <small>{uploads === 1 ? "1 upload" : `${uploads} uploads`}</small>
              </th>
              <td class="wide">
                <Bar value={percentage} />
              </td>
              <td class="figure">
                <Percentage value={percentage} />{" "}
                <Change value={change} against="the upload before each of these, in total" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/**
 * The badge of the main branch; where that has several languages, of the one with the most lines. With
 * the text to copy to show it elsewhere.
 */
export function Badge({ links, page: { repository, main } }: SectionProps) {
  const [first, ...others] = main;
  if (!first) return null;
  const language = others.length > 0 ? first.language : undefined;
  const branch = { ...repository, branch_name: first.branch_name, language };
  const badge = links.badge(branch);
  const page = links.absolute(branch);
  const html = renderToString(
    <a href={page}>
      <img src={badge} alt="coverage" />
    </a>,
  );
  const ways = [
    ["Markdown", "badge-markdown", `[![coverage](${badge})](${page})`],
    ["HTML", "badge-html", html],
    ["Address", "badge-address", badge],
  ] as const;
  return (
    <section id="badge" aria-labelledby="badge-title">
      <h2 id="badge-title">Badge</h2>
      <p>
        <img src={links.badgeImage(branch)} alt={`Badge of ${branch.branch_name}`} height="20" />
      </p>
      {ways.map(([label, id, text]) => (
        <div class="copyable" key={id}>
          <label for={id}>{label}</label>
          <input id={id} value={text} readOnly />
          <button type="button" data-copy={id} hidden>Copy</button>
        </div>
      ))}
    </section>
  );
}
