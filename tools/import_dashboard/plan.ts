/**
 * What becomes of a repository's rows. Here a branch has one active upload of each language, its
 * last; there nothing sees to that, and two uploads at once leave two of them.
 *
 * @module
 */
import type { AncestorRow } from "./rows.ts";

/** A row to add. */
export interface PlannedRow extends AncestorRow {
  /**
   * Where its report is, below the assets, of an active row. The folder belongs to the branch: of
   * several languages the one that was uploaded last has it.
   */
  readonly folder: string | undefined;
}

/** Puts the rows of a repository, in the order of their ids, into the order to add them in. */
export function planRepository(rows: readonly AncestorRow[]): PlannedRow[] {
  const series = Map.groupBy(rows, ({ branch_name, language }) => `${language}/${branch_name}`);
  const placed = [...series.values()].flatMap(orderSeries);
  const owners = new Map<string, AncestorRow>();
  for (const { row } of placed) {
    const owner = owners.get(folderOf(row));
    if (row.deleted_at === null && row.id > (owner?.id ?? 0)) owners.set(folderOf(row), row);
  }
  return placed.sort((a, b) => a.place - b.place).map(({ row }) => ({
    ...row,
    folder: owners.get(folderOf(row)) === row ? folderOf(row) : undefined,
  }));
}

/** Leaves one row of a branch and language active, the newest that is, and puts it last. */
function orderSeries(rows: readonly AncestorRow[]): { place: number; row: AncestorRow }[] {
  const active = rows.filter(({ deleted_at }) => deleted_at === null);
  const current = active.at(-1);
  return rows.map((row) => {
    if (row === current) return { place: rows.at(-1)!.id + 0.5, row };
    if (row.deleted_at !== null) return { place: row.id, row };
    const deleted_at = active[active.indexOf(row) + 1]!.created_at; // when it was superseded
    return { place: row.id, row: { ...row, deleted_at } };
  });
}

function folderOf({ org_name, repo_name, branch_name }: AncestorRow): string {
  return `${org_name}/${repo_name}/${branch_name.replaceAll("/", "_fs_")}/archive`;
}
