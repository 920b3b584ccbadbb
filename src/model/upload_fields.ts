/**
 * The fields of an upload.
 *
 * @module
 */
import { z } from "zod";
import {
  branchName,
  commitAuthor,
  commitHash,
  githubApiUrl,
  language,
  orgName,
  repoName,
  type Schema,
} from "./fields.ts";
import type { CoverageRow } from "./rows.ts";

const shape = {
  org_name: orgName,
  repo_name: repoName,
  branch_name: branchName,
  commit_hash: commitHash,
  commit_author: commitAuthor,
  language,
  coverage_xml_file_name: z.string()
    .regex(/\S/, "must not be empty")
    .max(4096, "must have at most 4096 characters")
    .refine(
      (name) => !/^\/|(^|\/)\.\.(\/|$)|^[./]*$|\0/.test(name),
      "must be a file's name or its path in the archive",
    )
    .meta({
      description: "The coverage file: its base name, of which the shallowest is meant, or its " +
        "path in the archive.",
      examples: ["coverage.xml"],
    }),
  github_api_url: githubApiUrl.optional(),
};
const names = Object.keys(shape);

/** What an upload is about, in the query or in the form. */
export interface UploadFields extends
  Pick<
    CoverageRow,
    "org_name" | "repo_name" | "branch_name" | "commit_hash" | "commit_author" | "language"
  > {
  /** The coverage file: its base name, or its path in the archive. */
  coverage_xml_file_name: string;
  /** Who knows the repository. */
  github_api_url?: string | undefined;
}

/**
 * Checks those fields; others are of no matter.
 *
 * @internal
 */
export const uploadFields = z.object(shape) satisfies Schema<UploadFields>;

/** The known fields of a query. */
export function queryFields(query: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...query].filter(([name]) => names.includes(name)));
}

/** The known fields of a form; files are none. */
export function formFields(form: FormData): Record<string, string> {
  return Object.fromEntries(
    [...form].filter((field): field is [string, string] =>
      names.includes(field[0]) && typeof field[1] === "string"
    ),
  );
}

/** Whether the query alone has every required field. */
export function isComplete(fields: Record<string, string>): boolean {
  return names.every((name) => name === "github_api_url" || name in fields);
}

/**
 * The schema of those fields that are given, to refuse an ill-formed one before a body is read.
 *
 * @internal
 */
export const givenUploadFields = uploadFields.partial();
