/** An upload, and what every answer, page and commit status compares it with. */
import type { Sql, TransactionSql } from "postgres";
import type { CoverageRow, PatchResult, RepositoryName } from "../model/rows.ts";
import { inTime } from "./connect.ts";
import { columns } from "./coverages.ts";
import { named } from "./repositories.ts";

interface UploadRow extends CoverageRow {
  /** What it is made of, each with its own report; none where it was uploaded whole. */
  readonly parts: readonly (
    & Pick<CoverageRow, "report_id" | "report_index" | "percentage" | "coverage_files">
    & { readonly part: string }
  )[];
}

export interface FoundBase {
  readonly base: UploadRow | undefined;
  /** A sentence: which upload it is, or why there is none. */
  readonly base_reason: string;
}

export interface FoundUpload extends FoundBase, PatchResult {
  readonly upload: UploadRow;
  readonly main_branch: string | null;
  /** Whether it is the last one of its branch and language. */
  readonly newest: boolean;
  /** The newest upload of the same branch and language. */
  readonly newest_id: number;
}

/**
 * An upload of the repository; undefined where it has none of that id. `baseBranch` is what to compare
 * it with, default: what it says itself.
 */
export async function readUpload(
  sql: Sql | TransactionSql,
  { id, ...name }: RepositoryName & { id: number },
  baseBranch?: string,
): Promise<FoundUpload | undefined> {
  const [row] = await inTime(
    sql<(UploadRow & Subject & Omit<FoundUpload, "upload" | keyof FoundBase>)[]>`
    select ${uploadColumns(sql)}, c.patch, c.patch_reason, r.main_branch, c.newest,
      c.repository_id, c.commit_time, c.base_branch, c.base_commit,
      (
        select n.id::float8 from coverages n
        where n.repository_id = r.id and n.branch_name = c.branch_name and n.language = c.language
          and n.newest
      ) as newest_id
    from repositories r join coverages c on c.repository_id = r.id
    where ${named(sql, name)} and c.id = ${id}`,
  );
  if (!row) return undefined;
  const { patch, patch_reason, main_branch, newest, newest_id, ...upload } = row;
  const found = { upload, patch, patch_reason, main_branch, newest, newest_id };
  return { ...found, ...await inTime(findBase(sql, row, baseBranch)) };
}

/** The columns of an `UploadRow`. */
const uploadColumns = (sql: Sql | TransactionSql) =>
  sql`
    ${columns(sql)}, (
      select coalesce(jsonb_agg(p order by p.part), '[]') from (
        select part, report_id, report_index, percentage, coverage_files from parts
        where repository_id = r.id and coverage_id = c.id
      ) p
    ) as parts`;

/** What a base is looked for. */
interface Subject extends Pick<CoverageRow, "id" | "branch_name" | "commit_hash" | "language"> {
  readonly repository_id: string;
  readonly commit_time: Date | null;
  readonly base_branch: string | null;
  readonly base_commit: string | null;
  readonly main_branch: string | null;
}

/** Uploads that are looked at for the newest one, as they need not come in the order of commits. */
const RECENT = 20;
/** Characters of a stored hash that may be the beginning of another: what git abbreviates to. */
const MIN_HASH = 7;

/**
 * The upload of `base_commit` where it is stored, else the newest one of `base_branch` that is not
 * newer, else of the main branch; of the upload's own branch that is the previous one. All in its
 * language. `branch` overrides the branch that the upload has named.
 */
async function findBase(
  sql: Sql | TransactionSql,
  subject: Subject,
  branch?: string,
): Promise<FoundBase> {
  const { base_branch, main_branch, language } = subject;
  // The merge base with one branch says nothing about another.
  const isOther = branch !== undefined && base_branch !== null && branch !== base_branch;
  const commit = isOther ? null : subject.base_commit;
  const wanted = branch ?? base_branch ?? main_branch;
  if (commit !== null) {
    const base = await ofCommit(sql, subject, commit, wanted);
    if (base) {
      const at = base.commit_hash.slice(0, 8);
      return { base, base_reason: `Compared with the base commit ${at} on ${base.branch_name}.` };
    }
  }
  const missing = commit === null
    ? ""
    : `The base commit ${commit.slice(0, 8)} has no upload in ${language}. `;
  // A branch that was asked for is not replaced by another one.
  const branches = branch === undefined ? [base_branch, main_branch] : [branch];
  for (const branch_name of new Set(branches.filter((name) => name !== null))) {
    const base = await ofBranch(sql, subject, branch_name);
    if (!base) continue;
    const which = branch_name === subject.branch_name
      ? `the previous upload of ${branch_name}`
      : `the newest upload of ${branch_name} that is not newer`;
    return { base, base_reason: `${missing}Compared with ${which}.` };
  }
  return {
    base: undefined,
    base_reason: `${missing}${wanted ?? "The main branch"} has no earlier upload in ${language}.`,
  };
}

async function ofCommit(
  sql: Sql | TransactionSql,
  { id, repository_id, language }: Subject,
  commit: string,
  branch: string | null,
): Promise<UploadRow | undefined> {
  const beginnings = Array.from(
    { length: Math.max(0, commit.length - MIN_HASH) },
    (_, at) => commit.slice(0, MIN_HASH + at),
  );
  const [row] = await sql<UploadRow[]>`
    select ${uploadColumns(sql)} from coverages c cross join repositories r
    where r.id = ${repository_id}
      and c.repository_id = ${repository_id} and c.language = ${language} and c.id <> ${id}
      and (
        -- A hash has no character behind "~".
        c.commit_hash >= ${commit} and c.commit_hash < ${`${commit}~`}
        or c.commit_hash = any(${sql.array(beginnings)})
      )
    order by (c.branch_name = ${branch}) desc nulls last, c.id desc limit 1`;
  return row;
}

async function ofBranch(
  sql: Sql | TransactionSql,
  { id, repository_id, branch_name, commit_hash, language, commit_time }: Subject,
  branch: string,
): Promise<UploadRow | undefined> {
  const [row] = await sql<UploadRow[]>`
    select ${uploadColumns(sql)} from (
      select * from coverages
      where repository_id = ${repository_id} and branch_name = ${branch} and language = ${language}
        and case
          when commit_time is null or ${commit_time}::timestamptz is null then id < ${id}
          else id <> ${id} and commit_time <= ${commit_time}
        end
        -- A job that runs again is compared with what its first run was compared with.
        ${branch === branch_name ? sql`and commit_hash <> ${commit_hash}` : sql``}
      order by id desc limit ${RECENT}
    ) c cross join repositories r
    where r.id = ${repository_id}
    order by c.commit_time desc nulls last, c.id desc limit 1`;
  return row;
}
