/** An upload with what it is compared with. */
import type { Sql, TransactionSql } from "postgres";
import type { PatchResult } from "../model/patch.ts";
import type { RepositoryName } from "../model/rows.ts";
import { findBase, type FoundBase } from "./base.ts";
import { inTime } from "./connect.ts";
import { named } from "./repository_names.ts";
import { uploadColumns, type UploadRow } from "./upload_row.ts";

/** An upload of a page or an answer. */
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
  const [row] = await inTime(sql<(UploadRow & Omit<FoundUpload, "upload" | keyof FoundBase>)[]>`
    select ${uploadColumns(sql)}, c.patch, c.patch_reason, r.main_branch, c.newest,
      (
        select n.id::float8 from coverages n
        where n.repository_id = r.id and n.branch_name = c.branch_name and n.language = c.language
          and n.newest
      ) as newest_id
    from repositories r join coverages c on c.repository_id = r.id
    where ${named(sql, name)} and c.id = ${id}`);
  if (!row) return undefined;
  const { patch, patch_reason, main_branch, newest, newest_id, ...upload } = row;
  const found = { upload, patch, patch_reason, main_branch, newest, newest_id };
  return { ...found, ...await inTime(findBase(sql, upload, baseBranch)) };
}
