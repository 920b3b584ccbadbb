/**
 * What is uploaded for a ref that is nobody's branch: a pull request, a tag, a merge queue. The
 * column `is_branch` tells them.
 */
import type { Fragment, Sql, TransactionSql } from "postgres";

/** Days without an upload after which a pull request counts as closed, and a tag as old. */
const OPEN_DAYS = 90;
/** The same for a branch of the merge queue, which GitHub removes once it is merged or failed. */
const QUEUED_DAYS = 1;

/** The condition that a row of `coverages` is of a merge queue. */
export const isQueued = (sql: Sql | TransactionSql): Fragment =>
  sql`starts_with(branch_name, 'gh-readonly-queue/')`;

/** Rows that a transaction marks: few, so that uploads get their turn. */
const BATCH = 500;

/** Marks those without a recent upload as deleted. */
export async function deleteOldRefs(sql: Sql | TransactionSql): Promise<void> {
  let count: number;
  do {
    ({ count } = await sql`
      update coverages set deleted_at = clock_timestamp(), updated_at = clock_timestamp()
      where (repository_id, id) in (
        select repository_id, id from coverages c
        where c.newest and c.deleted_at is null and not c.is_branch
          and not exists (
            select from coverages other
            where other.repository_id = c.repository_id and other.branch_name = c.branch_name
              and other.created_at > clock_timestamp() - interval '1 day' *
                case when ${isQueued(sql)} then ${QUEUED_DAYS}::int else ${OPEN_DAYS}::int end
          )
        limit ${BATCH}
      ) and newest and deleted_at is null`);
  } while (count === BATCH);
}
