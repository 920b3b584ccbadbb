/** The names that GitHub and git allow; shared by every route. */
import { z } from "zod";
import { clip, unprocessable } from "../errors.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text).byteLength;
/** A branch's name, in bytes. */
const MAX_BRANCH = 255;
/** Text without C0 and C1 control characters and DEL, which no line of text needs. */
// deno-lint-ignore no-control-regex
const WITHOUT_CONTROL = /^[^\u0000-\u001f\u007f-\u009f]*$/;
/** Names of which a path would be made that leads elsewhere. */
const NO_DOTS = /^(?!\.{1,2}$)/;

export const orgName = z.string()
  .regex(/^[A-Za-z0-9._-]{1,100}$/, "must be 1 to 100 of A-Z a-z 0-9 . _ -")
  .regex(NO_DOTS, "must not be . or ..");

export const repoName = orgName;

/**
 * `branch_name`: what `git check-ref-format --branch` accepts, up to 255 bytes. A branch's full name,
 * `refs/heads/main`, is `main`.
 */
export const branchName = z.string()
  .transform((name) => name.replace(/^refs\/heads\//, ""))
  .pipe(
    z.string().min(1, "must not be empty")
      .refine((name) => bytesOf(name) <= MAX_BRANCH, `must have at most ${MAX_BRANCH} bytes`)
      .refine(isBranchName, "must be a branch name that git check-ref-format accepts"),
  );

/** `commit_hash`: a hash, or whatever else a CI system names a commit by. */
export const commitHash = z.string()
  .regex(/^[^\s\p{Cc}\p{Cs}]{1,255}$/u, "must be 1 to 255 characters without white space")
  // One segment of GitHub's address, which these two would leave.
  .regex(NO_DOTS, "must not be . or ..");

/** `commit_author`: a name or login, for people to read. */
export const commitAuthor = z.string()
  .regex(/\S/, "must not be empty")
  .max(255, "must have at most 255 characters")
  .regex(WITHOUT_CONTROL, "must not contain control characters");

/** `language`: tells apart the reports of one branch. */
export const language = z.string()
  .regex(/^[A-Za-z0-9+#._-]{1,32}$/, "must be 1 to 32 of A-Z a-z 0-9 + # . _ -")
  .regex(NO_DOTS, "must not be . or ..")
  // It would read as part of a report's address.
  .regex(/^(?!archive$)/, "must not be archive");

/** `github_api_url`: who knows the repository. Only used to choose among those the operator allows. */
export const githubApiUrl = z.string()
  .max(255, "must have at most 255 characters")
  .regex(WITHOUT_CONTROL, "must have at most 255 characters");

/** What is searched for in `org/repo`. */
export const keyword = z.string()
  .max(201, "must have at most 201 characters")
  .regex(/^[^\0]*$/, "must not contain a NUL");

/** A number in a query, which is text. */
export const wholeNumber = (most: number) =>
  z.string()
    .regex(/^[1-9]\d{0,8}$/, `must be a whole number from 1 to ${most}`)
    .transform(Number)
    .refine((number) => number <= most, `must be a whole number from 1 to ${most}`);

/** The same for pages and their size, where one out of range counts as the nearest in it. */
export const upTo = (most: number) =>
  z.string()
    .regex(/^-?\d+$/, "must be a whole number")
    .transform((text) => Math.min(Math.max(Number(text), 1), most));

/** A page of a list, from 1. */
export const pageNumber = upTo(1_000_000);

/** A page of a list that is read up to it: a thousand are more than anybody turns. */
export const pageOfMany = upTo(1000);

/** A yes or no in a query, as Go and Python write it too. */
export const flag = z.string()
  .regex(/^([01]|t|f|true|false)$/i, "must be 1, true, 0 or false")
  .transform((text) => /^[1t]/i.test(text));

/** The rules of `git help check-ref-format`, and `@` and a leading dash, which `--branch` refuses. */
function isBranchName(name: string): boolean {
  if (!name.isWellFormed()) return false;
  if (name === "@" || name === "HEAD" || name.startsWith("-")) return false;
  // deno-lint-ignore no-control-regex
  if (/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^\/|[/.]$/.test(name)) return false;
  return name.split("/").every((part) => !part.startsWith(".") && !part.endsWith(".lock"));
}

/** The query of an address, where an empty field, as a form sends it, counts as not given. */
export function givenFields(url: URL): Record<string, string> {
  return Object.fromEntries([...url.searchParams].filter(([, value]) => value !== ""));
}

/** The query, where `repo_name` may begin with the `org_name`, as in GitHub's `org/repo`. */
export function repositoryFields(url: URL): Record<string, string> {
  const given = givenFields(url);
  const { org_name = "", repo_name = "" } = given;
  const isWhole = repo_name.toLowerCase().startsWith(`${org_name}/`.toLowerCase());
  return isWhole ? { ...given, repo_name: repo_name.slice(org_name.length + 1) } : given;
}

/**
 * Checks the fields of a request. Throws a 422 with a sentence for each field that is missing or
 * ill-formed, saying what it was.
 */
export function parseFields<T>(schema: z.ZodType<T>, fields: unknown): T {
  const result = schema.safeParse(fields);
  if (result.success) return result.data;
  const sentences: Record<string, string> = {};
  for (const issue of result.error.issues) {
    const field = String(issue.path[0] ?? "body");
    const actual = issue.path.reduce(
      (value: unknown, key) => isRecord(value) ? value[key] : undefined,
      fields,
    );
    sentences[field] ??= issue.message.startsWith("is missing")
      ? `${field} ${issue.message}.`
      : actual === undefined
      ? `${field} is missing.`
      : `${field} is ${shown(actual)}; it ${allowed(issue.message)}${hint(actual)}.`;
  }
  throw unprocessable(sentences);
}

/** `c++` and `fix+1` are often not encoded. */
function hint(value: unknown): string {
  const hasSpace = typeof value === "string" && value.includes(" ");
  return hasSpace ? "; a + in an address means a space, and is written %2B" : "";
}

function allowed(message: string): string {
  return message.startsWith("must") ? message : `is not valid: ${message}`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return clip(text, 300);
}

function isRecord(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null;
}
