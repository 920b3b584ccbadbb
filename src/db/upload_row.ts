import type { Sql, TransactionSql } from "postgres";
import type { CoverageRow } from "../model/rows.ts";
import { columns } from "./coverages.ts";

export interface UploadRow extends CoverageRow {
  /** What it is made of, by name; none where it was uploaded whole. */
  readonly parts: readonly PartRow[];
}

/** A part of an upload, with its own report. */
export interface PartRow
  extends Pick<CoverageRow, "report_id" | "report_index" | "percentage" | "coverage_files"> {
  readonly part: string;
}

/** The columns of an `UploadRow`. */
export const uploadColumns = (sql: Sql | TransactionSql) =>
  sql`
    ${columns(sql)}, (
      select coalesce(jsonb_agg(p order by p.part), '[]') from (
        select part, report_id, report_index, percentage, coverage_files from parts
        where repository_id = r.id and coverage_id = c.id
      ) p
    ) as parts`;
