/**
 * The export: everything of a database that cannot be derived, as gzipped JSON Lines, so that a
 * person can look into it with `zcat` and a program of any language can read it. One line each:
 *
 * ```json
 * {"export":{"version":1,"schema":"0002_stored_reports","exported_at":"…","identity":"…"}}
 * {"repository":{"id":1,"org_name":"acme","repo_name":"shop",…}}
 * {"coverage":{"id":1,"repository_id":1,"branch_name":"main",…}}
 * {"end":{"repositories":1,"coverages":1}}
 * ```
 *
 * Repositories come before coverages, each in the order of their ids. The last line is how a file
 * that was cut off is told; bytes that have changed are told by gzip's own checksum.
 *
 * @module
 */
import { z } from "zod";
import {
  branchName,
  commitAuthor,
  commitHash,
  language,
  orgName,
  repoName,
} from "../model/fields.ts";

/** Counts up when an older server could no longer read what is written. */
export const EXPORT_VERSION = 1;

/** Names a report's folder, as Postgres writes a UUID. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** The most that an `integer` of Postgres holds. */
const MAX_INTEGER = 2 ** 31 - 1;

const uuid = z.string().regex(UUID, "must be a UUID");
const id = z.int().positive();
const count = z.int().nonnegative();
const integer = count.max(MAX_INTEGER);
const time = z.iso.datetime({ offset: true });
const text = (length: number) =>
  z.string().min(1).max(length)
    .refine((value) => value.isWellFormed() && !value.includes("\0"), "must be text without a NUL");

/**
 * What a file begins with, as far as every version must write it.
 *
 * @internal
 */
export const anyHeader = z.object({ export: z.object({ version: z.int().positive() }) });

/**
 * What a file of this version begins with.
 *
 * @internal
 */
export const header = z.strictObject({
  export: z.strictObject({
    version: z.literal(EXPORT_VERSION),
    // The last migration of the database that it was taken from.
    schema: text(255),
    exported_at: time,
    // The reports folder is tied to it.
    identity: uuid,
  }),
});

/**
 * A row of `repositories`, without what is derived from its coverages.
 *
 * @internal
 */
export const repositoryRow = z.strictObject({
  id,
  org_name: orgName,
  repo_name: repoName,
  created_at: time,
  oidc_identity: text(4096).nullable(),
});

/**
 * A row of `coverages`; all but `newest`, which is true of the last row of its branch and language.
 *
 * @internal
 */
export const coverageRow = z.strictObject({
  id,
  repository_id: id,
  branch_name: branchName,
  commit_hash: commitHash,
  commit_author: commitAuthor,
  language,
  percentage: z.number().min(0).max(100),
  lines_covered: integer.nullable(),
  lines_valid: integer.nullable(),
  format: text(64),
  report_id: uuid,
  report_index: text(4096).nullable(),
  created_at: time,
  updated_at: time,
  deleted_at: time.nullable(),
  report_stored: z.boolean(),
  report_bytes: count.nullable(),
  report_files: integer.nullable(),
})
  .refine(
    ({ lines_covered, lines_valid }) => (lines_covered ?? 0) <= (lines_valid ?? MAX_INTEGER),
    { path: ["lines_covered"], message: "must not be more than lines_valid" },
  )
  .refine(({ report_stored, deleted_at }) => report_stored || deleted_at !== null, {
    path: ["report_stored"],
    message: "must be true of an active upload",
  });

/**
 * What a whole file ends with.
 *
 * @internal
 */
export const footer = z.strictObject({ repositories: count, coverages: count });

/**
 * A row of `repositories` in an export.
 *
 * @internal
 */
export type RepositoryRow = z.infer<typeof repositoryRow>;

/**
 * A row of `coverages` in an export.
 *
 * @internal
 */
export type CoverageRow = z.infer<typeof coverageRow>;

/** The columns of `repositories` in an export, in their order. */
export const repositoryColumns = Object.keys(repositoryRow.shape) as (keyof RepositoryRow)[];

/** The columns of `coverages` in an export, in their order. */
export const coverageColumns = Object.keys(coverageRow.shape) as (keyof CoverageRow)[];
