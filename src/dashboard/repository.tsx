/** `GET /coverages-ui/{org}/{repo}`: everything about a repository. */
import type { Sql } from "postgres";
import { z } from "zod";
import { MAX_CHOSEN, readRepository } from "../db/page_queries.ts";
import { HttpError } from "../errors.ts";
import { etagged } from "../http/etag.ts";
import { type Handler, repositoryIn } from "../http/router.ts";
import {
  branchName,
  flag,
  givenFields,
  keyword,
  pageNumber,
  pageOfMany,
  parseFields,
} from "../model/fields.ts";
import { htmlHeaders, renderPage } from "./layout.tsx";
import { Links, type LinkSettings } from "./links.ts";
import {
  Authors,
  Badge,
  Branches,
  BRANCHES_PER_PAGE,
  Head,
  History,
  HISTORY_PER_PAGE,
  queryOf,
  type SectionProps,
  Trend,
  type View,
} from "./repository_sections.tsx";

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
    const name = repositoryIn(params);
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
