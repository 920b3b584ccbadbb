/** The fields of an upload. */
import { z } from "zod";
import {
  branchName,
  commitAuthor,
  commitHash,
  githubApiUrl,
  language,
  orgName,
  parseFields,
  repoName,
} from "./fields.ts";

/** What a credential is checked for: in the query, because no body is read before that. */
const target = z.object({
  org_name: orgName,
  repo_name: repoName,
  commit_hash: commitHash,
  language,
  github_api_url: githubApiUrl.optional(),
});

const pathInArchive = z.string()
  .regex(/\S/, "must not be empty")
  .max(4096, "must have at most 4096 characters")
  .refine(
    (name) => !/^\/|(^|\/)\.\.(\/|$)|^[./]*$|\0/.test(name),
    "must be a file's name or its path in the archive",
  );

/** With at most two decimals, as percentages are stored. */
const percentage = z.string()
  .regex(
    /^(?:100(?:\.0{1,2})?|\d{1,2}(?:\.\d{1,2})?)$/,
    "must be a number from 0 to 100 with at most 2 decimals",
  )
  .transform(Number)
  .optional();

/** The rest: in the query, or in the form beside `file`. */
const details = z.object({
  branch_name: branchName,
  commit_author: commitAuthor,
  coverage_xml_file_name: z.array(pathInArchive).max(100, "must be given at most 100 times"),
  part: z.string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, "must be 1 to 64 of A-Z a-z 0-9 . _ -")
    .optional(),
  commit_time: z.iso.datetime({
    offset: true,
    message: "must be a time like 2026-01-31T12:00:00Z (RFC 3339)",
  }).transform((time) => new Date(time)).optional(),
  diff_file_name: pathInArchive.regex(/^[^*]*$/, "must not contain *").optional(),
  base_branch: branchName.optional(),
  base_commit: commitHash.optional(),
  fail_under: percentage,
  max_drop: percentage,
  patch_fail_under: percentage,
});

export const uploadFields = target.extend(details.shape);
const formQuery = target.extend(details.partial().shape);

export type UploadFields = z.infer<typeof uploadFields>;
/** What a query says of an upload; a form may have the rest. */
type UploadQuery = z.infer<typeof formQuery>;

const emptyForm = uploadFields.extend({
  file: z.never(
    "is missing: the form has no body, or its Content-Type no boundary; curl --form sends both",
  ),
});

/** Parses the query of an upload. Throws a 422 with a sentence for each field. */
export function parseUploadQuery(
  query: URLSearchParams,
  kind: "form" | "raw" | "empty",
): UploadQuery {
  const schema = { form: formQuery, raw: uploadFields, empty: emptyForm }[kind];
  return parseFields(schema as z.ZodType<UploadQuery>, fieldsOf(query));
}

/**
 * Adds from the form what the query does not say; without a form it says everything. Throws a 422
 * with a sentence for each field.
 */
export function completeUploadFields(query: UploadQuery, form: FormData | undefined): UploadFields {
  const given = form ? fieldsOf(form) : {};
  const missing = Object.entries(details.shape).filter(([name]) =>
    query[name as keyof UploadQuery] === undefined
  );
  const rest = z.object(Object.fromEntries(missing));
  return { ...query, ...parseFields(rest, given) } as UploadFields;
}

/** Fields that a job may send empty: a variable that its CI system does not set for every event. */
const MAY_BE_EMPTY = new Set(
  Object.entries(details.shape)
    .filter(([, schema]) => schema.safeParse(undefined).success)
    .map(([name]) => name),
);

/** The fields of a query or a form; a file may be named several times. */
function fieldsOf(given: URLSearchParams | FormData): Record<string, unknown> {
  const fileNames = given.getAll("coverage_xml_file_name");
  return {
    ...Object.fromEntries(
      [...given].filter(([name, value]) => value !== "" || !MAY_BE_EMPTY.has(name)),
    ),
    coverage_xml_file_name: fileNames.length === 0 ? undefined : fileNames,
  };
}
