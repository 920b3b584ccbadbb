/**
 * Adds rows as they are, which uploads never do.
 *
 * @module
 */
import type { TransactionSql } from "postgres";
import {
  coverageColumns,
  type CoverageRow,
  repositoryColumns,
  type RepositoryRow,
} from "./format.ts";

/** Adds repositories under the ids that they have. */
export async function insertRepositories(
  tx: TransactionSql,
  rows: readonly RepositoryRow[],
): Promise<void> {
  const columns = tx(repositoryColumns);
  await tx`
    insert into repositories (${columns}) overriding system value
    select ${columns} from jsonb_populate_recordset(null::repositories, ${
    json(rows)
  }::text::jsonb)`;
}

/** Adds uploads under the ids that they have; which of them are the newest is marked afterwards. */
export async function insertCoverages(
  tx: TransactionSql,
  rows: readonly CoverageRow[],
): Promise<void> {
  const columns = tx(coverageColumns);
  await tx`
    insert into coverages (${columns}, newest) overriding system value
    select ${columns}, false
    from jsonb_populate_recordset(null::coverages, ${json(rows)}::text::jsonb)`;
}

/** Marks the last row of each branch and language, of that repository or of all. */
export async function markNewest(tx: TransactionSql, repositoryId?: number): Promise<void> {
  await tx`
    update coverages set newest = true where id in (
      select max(id) from coverages
      ${repositoryId === undefined ? tx`` : tx`where repository_id = ${repositoryId}`}
      group by repository_id, branch_name, language
    )`;
}

function json(rows: readonly object[]): string {
  return JSON.stringify(rows);
}
