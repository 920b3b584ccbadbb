/**
 * An upload with what it is compared with.
 *
 * @module
 */
import type { Sql } from "postgres";
import type { CoverageRow, RepositoryName } from "../model/rows.ts";
import { inTime } from "./connect.ts";
import { columns } from "./coverages.ts";
import { named } from "./repository_names.ts";

/** An upload of a page or an answer. */
export interface FoundUpload {
  readonly upload: UploadRow;
  /**
   * The active upload of the main branch in the same language; for the main branch itself the
   * previous upload.
   */
  readonly base: UploadRow | undefined;
  readonly main_branch: string | null;
  /** Whether it is the last one of its branch and language. */
  readonly newest: boolean;
  /** The newest upload of the same branch and language. */
  readonly newest_id: number;
}

export interface UploadRow extends CoverageRow {
  /** What it is made of, by name; none where it was uploaded whole. */
  readonly parts: readonly PartRow[];
}

/** A part of an upload, with its own report. */
export interface PartRow
  extends Pick<CoverageRow, "report_id" | "report_index" | "percentage" | "coverage_files"> {
  readonly part: string;
}

/** An upload of the repository; undefined where it has none of that id. */
export async function readUpload(
  sql: Sql,
  { id, ...name }: RepositoryName & { id: number },
): Promise<FoundUpload | undefined> {
  const [found] = await inTime(sql<(Omit<FoundUpload, "upload" | "base"> & { base_id: number })[]>`
    select r.main_branch, c.newest,
      (
        select n.id::float8 from coverages n
        where n.repository_id = r.id and n.branch_name = c.branch_name and n.language = c.language
          and n.newest
      ) as newest_id,
      (
        select b.id::float8 from coverages b
        where b.repository_id = r.id and b.branch_name = r.main_branch and b.language = c.language
          and case when c.branch_name = r.main_branch then b.id < c.id
            else b.newest and b.deleted_at is null end
        order by b.id desc limit 1
      ) as base_id
    from repositories r join coverages c on c.repository_id = r.id
    where ${named(sql, name)} and c.id = ${id}`);
  if (!found) return undefined;
  const rows = await inTime(sql<UploadRow[]>`
    select ${columns(sql)}, (
      select coalesce(jsonb_agg(p order by p.part), '[]') from (
        select part, report_id, report_index, percentage, coverage_files from parts
        where repository_id = r.id and coverage_id = c.id
      ) p
    ) as parts
    from coverages c join repositories r on r.id = c.repository_id
    where ${named(sql, name)} and c.id = any(${sql.array([id, found.base_id ?? id])}::bigint[])`);
  const upload = rows.find((row) => row.id === id);
  const base = rows.find((row) => row.id !== id);
  return upload && { ...found, upload, base };
}
