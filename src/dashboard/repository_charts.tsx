/**
 * The charts of a repository's page.
 *
 * @module
 */
import { Bar } from "./bar.tsx";
import type { Html } from "./html.ts";
import { Change, Percentage } from "./numbers.tsx";
import { AUTHOR_UPLOADS, type AuthorLine, MAX_PICKED } from "../db/page_queries.ts";
import type { Shown } from "./repository_view.ts";
import { TrendChart } from "./trend_chart.tsx";
import { trendsOf } from "./trends.ts";
import { Author } from "./uploads_table.tsx";

/** Coverage over time of some branches, and which these are to be. */
export function Trend({ site, page, view }: Shown): Html {
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

/** Coverage of the branches uploaded last. */
export function BranchBars({ page }: Shown): Html | null {
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

/** Coverage of the authors of the last uploads, and what these changed. */
export function AuthorBars({ site, page: { repository, authors } }: Shown): Html {
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
