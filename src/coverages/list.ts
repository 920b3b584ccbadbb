/**
 * `GET /coverages-api`: the coverage of every repository, a page at a time.
 *
 * @module
 */
import type { Sql } from "postgres";
import { z } from "zod";
import type { Handler } from "../http/router.ts";
import { commitAuthor, orgName, parseFields, repoName } from "./names.ts";
import { present, type PresentedCoverage } from "./present.ts";
import { listCoverages } from "./queries.ts";

const wholeNumber = (most: number) =>
  z.string()
    .regex(/^[1-9]\d{0,8}$/, `must be a whole number from 1 to ${most}`)
    .transform(Number)
    .refine((number) => number <= most, `must be a whole number from 1 to ${most}`);

const MAX_PAGE = 1_000_000;
const listFields = z.object({
  org_name: orgName.optional(),
  repo_name: repoName.optional(),
  commit_author: commitAuthor.optional(),
  keyword: z.string()
    .refine((text) => text.length <= 201, "must have at most 201 characters")
    .refine((text) => !text.includes("\0"), "must not contain a NUL")
    .optional(),
  full: z.enum(["", "1", "true", "0", "false"], "must be 1, true, 0 or false").optional(),
  p: wholeNumber(MAX_PAGE).default(1),
  per_page: wholeNumber(10_000).default(20),
});

/** Makes the handler. */
export function createListHandler(
  { sql, publicUrl }: { sql: Sql; publicUrl: string | undefined },
): Handler {
  return async (_request, { url }) => {
    const fields = parseFields(listFields, givenFields(url));
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

/** The query, where an empty filter, as a form sends it, filters nothing. */
function givenFields(url: URL): Record<string, string> {
  return Object.fromEntries(
    [...url.searchParams].filter(([name, value]) => value !== "" || name === "full"),
  );
}
