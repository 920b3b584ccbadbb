/** `GET /coverages-ui/{org}/{repo}`: everything about a repository. */
import type { Sql } from "postgres";
import { z } from "zod";
import { changeOf } from "../model/percentage.ts";
import {
  branchName,
  flag,
  givenFields,
  keyword,
  pageNumber,
  pageOfMany,
  parseFields,
} from "../model/fields.ts";
import type { RepositoryName } from "../model/rows.ts";
import { HttpError } from "../errors.ts";
import { etagged } from "../http/etag.ts";
import type { Handler } from "../http/router.ts";
import { decodeSegment } from "../http/path_segment.ts";
import { BadgeSection } from "./badge_section.tsx";
import type { Html } from "./html.ts";
import { Breadcrumbs, htmlHeaders, renderPage } from "./layout.tsx";
import { Ago, Change, linesText, Percentage } from "./numbers.tsx";
import { MAX_CHOSEN, readRepository } from "../db/page_queries.ts";
import { Authors } from "./repository_authors.tsx";
import { Trend } from "./repository_trend.tsx";
import { Branches, History } from "./repository_tables.tsx";
import {
  BRANCHES_PER_PAGE,
  HISTORY_PER_PAGE,
  queryOf,
  type SectionProps,
  type View,
} from "./repository_view.ts";
import { Links, type LinkSettings } from "./links.ts";
import { Sparkline } from "./sparkline.tsx";
import { Commit } from "./uploads_table.tsx";

const repositoryFields = z.object({
  q: keyword.optional(),
  refs: flag.default(false),
  branches: pageNumber.default(1),
  history: pageOfMany.default(1),
});
const chosenFields = z.object({
  branch: z.array(branchName).max(MAX_CHOSEN, `must name at most ${MAX_CHOSEN} branches`),
});

/** Throws 404 for a repository without uploads. */
export function createRepositoryHandler(
  { sql, config }: { sql: Sql; config: LinkSettings },
): Handler {
  return async (request, { url, params, reader }) => {
    const name: RepositoryName = {
      org_name: decodeSegment(params.org ?? ""),
      repo_name: decodeSegment(params.repo ?? ""),
    };
    const { q, refs, branches, history } = parseFields(repositoryFields, givenFields(url));
    const { branch } = parseFields(chosenFields, {
      branch: [...new Set(url.searchParams.getAll("branch"))].filter((branch) => branch !== ""),
    });
    const view: View = { chosen: branch, q: q?.trim() || undefined, refs, branches, history };
    // One row more than a page has tells whether another page follows.
    const page = await readRepository(sql, name, {
      chosen: view.chosen,
      keyword: view.q,
      refs,
      branches: { limit: BRANCHES_PER_PAGE + 1, offset: (branches - 1) * BRANCHES_PER_PAGE },
      history: { limit: HISTORY_PER_PAGE + 1, offset: (history - 1) * HISTORY_PER_PAGE },
    });
    if (!page) throw new HttpError(404, `No uploads for ${name.org_name}/${name.repo_name} yet.`);
    const links = new Links(config, url.origin);
    const { repository } = page;
    const link = (changes: Partial<View>, section: string) =>
      `${links.repository(repository, queryOf({ ...view, ...changes }))}#${section}`;
    const section: SectionProps = { links, page, view, link, now: new Date() };
    const html = renderPage(
      links,
      {
        title: `${repository.org_name}/${repository.repo_name} · Coverage`,
        person: reader?.person,
      },
      <>
        <Head {...section} />
        <Trend {...section} />
        <Branches {...section} />
        <History {...section} />
        <div class="columns">
          <Authors {...section} />
          <Badge {...section} />
        </div>
      </>,
    );
    return etagged(request, html, htmlHeaders);
  };
}

const SECTIONS = [
  ["trend", "Trend"],
  ["branches", "Branches"],
  ["history", "History"],
  ["authors", "Authors"],
  ["badge", "Badge"],
] as const;

function Head({ links, page: { repository, main }, now }: SectionProps): Html {
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

/** The badge of the main branch; where that has several languages, of the one with the most lines. */
function Badge({ links, page: { repository, main } }: SectionProps): Html | null {
  const [first, ...others] = main;
  if (!first) return null;
  const language = others.length > 0 ? first.language : undefined;
  return (
    <BadgeSection
      links={links}
      branch={{ ...repository, branch_name: first.branch_name, language }}
    />
  );
}
