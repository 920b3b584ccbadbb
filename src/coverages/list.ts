/**
 * `GET /coverages-api`: the coverage of every repository, a page at a time.
 *
 * @module
 */
import type { Sql } from "postgres";
import { z } from "zod";
import type { Handler } from "../http/router.ts";
import {
  commitAuthor,
  givenFields,
  keyword,
  orgName,
  pageNumber,
  parseFields,
  repoName,
  wholeNumber,
} from "./names.ts";
import { present, type PresentedCoverage } from "./present.ts";
import { listCoverages } from "./queries.ts";

const listFields = z.object({
  org_name: orgName.optional(),
  repo_name: repoName.optional(),
  commit_author: commitAuthor.optional(),
  keyword: keyword.optional(),
  full: z.enum(["", "1", "true", "0", "false"], "must be 1, true, 0 or false").optional(),
  p: pageNumber.default(1),
  per_page: wholeNumber(10_000).default(20),
});

/** Makes the handler. */
export function createListHandler(
  { sql, publicUrl }: { sql: Sql; publicUrl: string | undefined },
): Handler {
  return async (_request, { url }) => {
    const fields = parseFields(listFields, givenFields(url, "full"));
    const { repositories, hasNext } = await listCoverages(sql, {
      ...fields,
      full: fields.full !== undefined && fields.full !== "0" && fields.full !== "false",
      page: fields.p,
      perPage: fields.per_page,
    });
    const data: Record<string, PresentedCoverage[]> = {};
    for (const { name, rows } of repositories) {
      data[name] = rows.map((row) => present(row, publicUrl ?? url.origin));
    }
    return Response.json({ data, has_next: hasNext });
  };
}
