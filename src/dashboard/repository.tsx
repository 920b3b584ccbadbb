/**
 * `GET /coverages-ui/{org}/{repo}`: everything about a repository.
 *
 * @module
 */
import type { Sql } from "postgres";
import { z } from "zod";
import type { Config } from "../config.ts";
import { changeOf } from "../model/percentage.ts";
import { branchName, givenFields, pageNumber, pageOfMany, parseFields } from "../model/fields.ts";
import type { RepositoryName } from "../model/rows.ts";
import { HttpError } from "../errors.ts";
import { revalidated } from "../http/etag.ts";
import type { Handler } from "../http/router.ts";
import { decodeSegment } from "../http/path_segment.ts";
import { BadgeSection } from "./badge_section.tsx";
import type { Html } from "./html.ts";
import { renderPage } from "./layout.tsx";
import { Ago, Change, Percentage } from "./numbers.tsx";
import { MAX_PICKED, readRepository } from "../db/page_queries.ts";
import { AuthorBars, BranchBars, Trend } from "./repository_charts.tsx";
import { Branches, History } from "./repository_tables.tsx";
import { BRANCHES_PER_PAGE, HISTORY_PER_PAGE, type Shown, type View } from "./repository_view.ts";
import { type Query, Site } from "./links.ts";
import { Sparkline } from "./sparkline.tsx";

const repositoryFields = z.object({
  branches: pageNumber.default(1),
  history: pageOfMany.default(1),
});
const pickedFields = z.object({
  branch: z.array(branchName).max(MAX_PICKED, `must name at most ${MAX_PICKED} branches`),
});

/** Makes the handler. It throws 404 for a repository that was never uploaded. */
export function createRepositoryHandler(
  { sql, config }: { sql: Sql; config: Pick<Config, "publicUrl" | "githubUrl"> },
): Handler {
  return revalidated(async (_request, { url, params }) => {
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
  });
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
                value={changeOf(trend.at(-2), percentage)}
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
