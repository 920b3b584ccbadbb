/** Rows as years of uploads leave them, made by the database itself. */
import type { Sql } from "postgres";

export interface Amounts {
  readonly repositories: number;
  readonly uploads: number;
  /** Of the first repository, `acme-0/repo-0`. */
  readonly largest: { readonly uploads: number; readonly branches: number };
}

/** Branches of every other repository. */
const BRANCHES = 8;
/** Repositories of an organisation. */
const PER_ORG = 20;
/** Authors of each repository. */
const AUTHORS = 5;

/**
 * Fills an empty, migrated database: `acme-<n>/repo-<n>` with `main` and `branch-<n>`, an upload a
 * minute, in turn to each repository, the last one now. Of the branches that had no upload lately one
 * in four is deleted. Repositories are summarised by the next start of a server.
 */
export async function addManyUploads(
  sql: Sql,
  { repositories, uploads, largest }: Amounts,
): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`set local statement_timeout = 0`;
    await tx`
      insert into repositories (org_name, repo_name)
      select 'acme-' || n / ${PER_ORG}::int, 'repo-' || n from generate_series(0, ${
      repositories - 1
    }) n`;
    // The uploads of the largest repository are spread evenly among those of all others.
    await tx`
      insert into coverages (
        repository_id, branch_name, commit_hash, commit_author, commit_time, language, percentage,
        lines_covered, lines_valid, format, report_id, report_index, coverage_files, report_bytes,
        report_files, report_stored, created_at, updated_at, deleted_at, newest
      )
      select repository_id, branch_name, md5('commit' || n), 'author-' || n / 7 % ${AUTHORS}::int, at, 'go',
        50 + n % 500 / 10.0, 500 + n % 500, 1000, 'cobertura', gen_random_uuid(), 'index.html', '{coverage.xml}',
        1000000, 100, is_active, at, at, case when not is_active then at end, is_newest
      from (
        select *, is_newest and (branch_name = 'main' or branch % 4 > 0 or n > ${uploads}::int * 0.9) as is_active
        from (
          select n, repository_id, branch, case branch when 0 then 'main' else 'branch-' || branch end as branch_name,
            now() - (${uploads}::int - n) * interval '1 minute' as at,
            row_number() over (partition by repository_id, branch order by n desc) = 1 as is_newest
          from (
            select n, case when is_largest then 1 else 2 + (n - before) % (${repositories}::int - 1) end as repository_id,
              case when is_largest then before % ${largest.branches}::int
                else (n - before) / (${repositories}::int - 1) % ${BRANCHES}::int end as branch
            from (
              select n, n::bigint * ${largest.uploads}::int / ${uploads}::int as before,
                n::bigint * ${largest.uploads}::int / ${uploads}::int
                  > (n - 1)::bigint * ${largest.uploads}::int / ${uploads}::int as is_largest
              from generate_series(1, ${uploads}::int) n
            ) s
          ) s
        ) s
      ) s
      order by n`;
  });
  await sql`vacuum analyze`;
}
