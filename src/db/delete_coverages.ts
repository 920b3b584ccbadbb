/** Deletes uploads with all that is known of them, such as those with a leaked secret. */
import type { Sql, TransactionSql } from "postgres";
import type { RepositoryName } from "../model/rows.ts";
import { withoutTimeout } from "./connect.ts";
import { named, summarise } from "./repositories.ts";

/** What to delete: all of a repository, a branch, or one upload. */
export interface Deletion extends RepositoryName {
  readonly branch_name: string | undefined;
  readonly id: number | undefined;
}

export interface Deleted {
  readonly uploads: number;
  /** The reports that are to be removed, those of parts too. */
  readonly reports: readonly string[];
}

/**
 * Deletes rows in one transaction; undefined where the repository is unknown. With `dryRun` it only
 * tells which. If a branch loses its newest upload, the one before is its newest again, and active if
 * the deleted one was and its report is still stored.
 */
export async function deleteCoverages(
  sql: Sql,
  { branch_name, id, ...name }: Deletion,
  { defaultBranches, dryRun }: { defaultBranches: readonly string[]; dryRun: boolean },
): Promise<Deleted | undefined> {
  return await withoutTimeout(sql, async (tx) => {
    // Uploads to the repository wait until this is done; see `findRepository`.
    const [repository] = await tx<{ id: string }[]>`
      select r.id from repositories r where ${named(tx, name)} for update`;
    if (!repository) return undefined;
    const chosen = tx`c.repository_id = ${repository.id}
      ${branch_name === undefined ? tx`` : tx`and c.branch_name = ${branch_name}`}
      ${id === undefined ? tx`` : tx`and c.id = ${id}`}`;
    const rows = await tx<{ report_id: string; is_upload: boolean }[]>`
      select c.report_id, true as is_upload from coverages c where ${chosen}
      union all
      select p.report_id, false from parts p join coverages c
        on c.repository_id = p.repository_id and c.id = p.coverage_id where ${chosen}`;
    const uploads = rows.filter(({ is_upload }) => is_upload).length;
    const deleted = { uploads, reports: [...new Set(rows.map(({ report_id }) => report_id))] };
    if (dryRun || uploads === 0) return deleted;
    await tx`
      delete from parts p using coverages c
      where c.repository_id = p.repository_id and c.id = p.coverage_id and ${chosen}`;
    // Of one upload's branch and language others may be left; a branch goes as a whole.
    const gone = await tx<{ branch_name: string; language: string; is_active: boolean }[]>`
      delete from coverages c where ${chosen}
      returning branch_name, language, newest and deleted_at is null as is_active`;
    if (id !== undefined) await restoreNewest(tx, repository.id, gone[0]!);
    const [other] = await tx`
      select from coverages where repository_id = ${repository.id} limit 1`;
    if (other) await summarise(tx, [repository.id], defaultBranches);
    else await tx`delete from repositories where id = ${repository.id}`;
    return deleted;
  });
}

/** Makes the last upload of a branch and language its newest, where none is. */
async function restoreNewest(
  tx: TransactionSql,
  repositoryId: string,
  { branch_name, language, is_active }: Record<"branch_name" | "language", string> & {
    is_active: boolean;
  },
): Promise<void> {
  const same = tx`repository_id = ${repositoryId} and branch_name = ${branch_name}
    and language = ${language}`;
  await tx`
    update coverages set newest = true,
      deleted_at = case when ${is_active} and report_stored then null else deleted_at end
    where ${same} and not exists (select from coverages where ${same} and newest) and id = (
      select id from coverages where ${same}
      order by coalesce(commit_time, created_at) desc, id desc limit 1
    )`;
}
