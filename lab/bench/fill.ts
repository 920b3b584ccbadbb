/**
 * Databases as they look after many uploads.
 *
 * @module
 */
import type { Sql } from "postgres";
import { readConfig } from "../../src/config.ts";
import { summariseAll } from "../../src/db/repository_summary.ts";
import { language, repository } from "./send.ts";

/** How much a database holds. */
export interface Size {
  /** Repositories. */
  readonly repositories: number;
  /** Uploads of each; all but the last of each branch and language are superseded. */
  readonly rowsEach: number;
}

const BRANCHES = ["main", "feature/branch-1", "feature/branch-2", "develop", "release/1"];
const LANGUAGES = [language, "python"];

/** Adds rows in the order in which uploads come: every repository in turn, its branches in turn. */
export async function fill(sql: Sql, { repositories, rowsEach }: Size): Promise<void> {
  const active = BRANCHES.length * LANGUAGES.length;
  await sql`
    insert into repositories (org_name, repo_name)
    select ${repository.org_name}, 'repository-' || n from generate_series(1, ${repositories}::int) n`;
  await sql`
    insert into coverages (
      repository_id, branch_name, commit_hash, commit_author, language, percentage,
      lines_covered, lines_valid, format, report_id, report_index, deleted_at, newest,
      report_stored
    )
    select r.id, (${sql.array(BRANCHES)}::text[])[1 + n % ${BRANCHES.length}::int],
      md5(r.id || '/' || n) || left(md5(n::text), 8), 'author-' || n % 7,
      (${sql.array(LANGUAGES)}::text[])[
        1 + n / ${BRANCHES.length}::int % ${LANGUAGES.length}::int
      ],
      50 + n % 50, 5000 + n % 5000, 10000, 'jacoco', gen_random_uuid(), 'coverage/index.html',
      case when n <= ${rowsEach - active}::int then clock_timestamp() end,
      n > ${rowsEach - active}::int, n > ${rowsEach - active}::int
    from generate_series(1, ${rowsEach}::int) n cross join repositories r
    order by n, r.id`;
  await summariseAll(sql, readConfig({}).defaultBranches);
  await sql`analyze`;
}
