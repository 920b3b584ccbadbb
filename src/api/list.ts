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
import { listCoverages, MAX_HISTORY } from "../db/coverages.ts";
import { coverageAnswer, toAnswer } from "../model/coverage.ts";

export const listFields = z.object({
  org_name: orgName.optional(),
  repo_name: repoName.optional(),
  commit_author: commitAuthor.optional(),
  keyword: keyword.optional(),
  full: z.enum(["", "1", "true", "0", "false"], "must be 1, true, 0 or false").optional().meta({
    description: "Superseded and deleted rows as well, the newest " +
      `${MAX_HISTORY.toLocaleString("en")} of each repository; true without a value.`,
  }),
  p: pageNumber.prefault("1").meta({ description: "A page, from 1." }),
  per_page: wholeNumber(10_000).prefault("20").meta({ description: "Repositories per page." }),
});

export const listAnswer = z.object({
  data: z.record(z.string(), z.array(coverageAnswer)).meta({
    description: "Under `org/repo`, the repository's rows.",
  }),
  has_next: z.boolean().meta({ description: "Whether there is another page." }),
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
    const answer = { data, has_next: hasNext } satisfies z.infer<typeof listAnswer>;
    return etaggedJson(request, answer, dataHeaders);
  };
}
