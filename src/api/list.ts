/**
 * `GET /coverages-api`: the coverage of every repository, a page at a time.
 *
 * @module
 */
import type { Sql } from "postgres";
import { z } from "zod";
import type { Config } from "../config.ts";
import { etaggedJson } from "../http/etag.ts";
import { dataHeaders } from "../http/headers.ts";
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
} from "../model/fields.ts";
import { listCoverages } from "../db/coverages.ts";
import { toAnswer } from "../model/coverage.ts";

export const listFields = z.object({
  org_name: orgName.optional(),
  repo_name: repoName.optional(),
  commit_author: commitAuthor.optional(),
  keyword: keyword.optional(),
  full: z.enum(["", "1", "true", "0", "false"], "must be 1, true, 0 or false").optional(),
  p: pageNumber.prefault("1"),
  per_page: wholeNumber(10_000).prefault("20"),
});

export function createListHandler(
  { sql, config: { publicUrl } }: { sql: Sql; config: Pick<Config, "publicUrl"> },
): Handler {
  return async (request, { url }) => {
    const fields = parseFields(listFields, givenFields(url, "full"));
    const { repositories, hasNext } = await listCoverages(sql, {
      ...fields,
      full: fields.full !== undefined && fields.full !== "0" && fields.full !== "false",
      page: fields.p,
      perPage: fields.per_page,
    });
    const origin = publicUrl ?? url.origin;
    const data = Object.fromEntries(
      repositories.map(({ name, rows }) => [name, rows.map((row) => toAnswer(row, origin))]),
    );
    return etaggedJson(request, { data, has_next: hasNext }, dataHeaders);
  };
}
