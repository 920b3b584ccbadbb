/**
 * `GET /coverages-api`: the coverage of every repository, a page at a time.
 *
 * @module
 */
import type { Sql } from "postgres";
import { z } from "zod";
import { dataHeaders, withHeaders } from "../http/headers.ts";
import { revalidated } from "../http/etag.ts";
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

/**
 * The query.
 *
 * @internal
 */
export const listFields = z.object({
  org_name: orgName.optional(),
  repo_name: repoName.optional(),
  commit_author: commitAuthor.optional(),
  keyword: keyword.optional(),
  full: z.enum(["", "1", "true", "0", "false"], "must be 1, true, 0 or false").optional().meta({
    description: "Whether to list superseded and deleted rows too, the newest " +
      `${MAX_HISTORY.toLocaleString("en")} of each repository; without a value, it is to.`,
  }),
  p: pageNumber.prefault("1").meta({ description: "A page, from 1." }),
  per_page: wholeNumber(10_000).prefault("20").meta({ description: "Repositories per page." }),
});

/**
 * The answer.
 *
 * @internal
 */
export const listAnswer = z.object({
  data: z.record(z.string(), z.array(coverageAnswer)).meta({
    description: "Under `org/repo`, the repository's rows.",
  }),
  has_next: z.boolean().meta({ description: "Whether there is another page." }),
});

/** Makes the handler. */
export function createListHandler(
  { sql, publicUrl }: { sql: Sql; publicUrl: string | undefined },
): Handler {
  return revalidated(async (_request, { url }) => {
    const fields = parseFields(listFields, givenFields(url, "full"));
    const { repositories, hasNext } = await listCoverages(sql, {
      ...fields,
      full: fields.full !== undefined && fields.full !== "0" && fields.full !== "false",
      page: fields.p,
      perPage: fields.per_page,
    });
    const data: z.infer<typeof listAnswer>["data"] = {};
    for (const { name, rows } of repositories) {
      data[name] = rows.map((row) => toAnswer(row, publicUrl ?? url.origin));
    }
    return withHeaders(
      Response.json({ data, has_next: hasNext } satisfies z.infer<typeof listAnswer>),
      dataHeaders,
    );
  });
}
