/**
 * Rows of a code-coverage-dashboard: which of them an upload could have made, and what becomes of
 * these here.
 */
import { z } from "zod";
import {
  branchName,
  commitAuthor,
  commitHash,
  language,
  orgName,
  repoName,
} from "../../src/model/fields.ts";
import { clip, quote } from "../../src/errors.ts";
import type { RawRow } from "./source.ts";

/** GORM writes `2022-04-25 09:30:00.123456789+09:00` into SQLite; MySQL has no zone. */
const TIME = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,3})\d*)?\s*(Z|[+-]\d\d:?\d\d)?$/;

const notTime = "must be a time like 2022-04-25 09:30:00+09:00";
const time = z.string(notTime)
  .transform((text) => {
    const [match, date, clock, fraction = "0", zone = "Z"] = TIME.exec(text) ?? [];
    return new Date(match ? `${date}T${clock}.${fraction}${zone}` : NaN);
  })
  .refine((time) => !Number.isNaN(time.getTime()), notTime);

const notPercentage = "must be a number from 0 to 100";
const percentage = z.union(
  [z.string().regex(/^\d+(\.\d+)?$/, notPercentage), z.number()],
  notPercentage,
)
  .transform(Number)
  .refine((number) => number >= 0 && number <= 100, notPercentage)
  .transform((number) => Math.round(number * 100) / 100);

const schema = z.object({
  id: z.int().positive(),
  org_name: orgName,
  repo_name: repoName,
  branch_name: branchName,
  commit_hash: commitHash,
  commit_author: commitAuthor,
  language,
  percentage,
  created_at: time,
  updated_at: time.nullable(),
  // When it was superseded; null: active.
  deleted_at: time.nullable(),
}).transform((row) => ({ ...row, updated_at: row.updated_at ?? row.created_at }));

export type DashboardRow = z.infer<typeof schema>;

/** The row, or why it is skipped: `row 17 of "acme/shop": commit_hash is …`. */
export function parseRow(raw: RawRow): DashboardRow | string {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  const column = String(path[0]);
  const actual = raw[column];
  const shown = typeof actual === "string" ? quote(actual) : clip(String(actual));
  return `row ${raw.id} of ${quote(`${raw.org_name}/${raw.repo_name}`)}: ` +
    `${column} is ${shown}; it ${message}`;
}

/** An upload to add here. */
export interface Upload extends DashboardRow {
  /** Whether it is the last of its branch and language. */
  readonly newest: boolean;
  /** The folder of its report below the assets. */
  readonly folder: string | undefined;
}

/**
 * The uploads of a repository in the order to add them. Of several active ones of a branch and
 * language, which two uploads at once leave there, the newest stays active and comes last. The
 * folder of a branch has the report of its last upload, in whatever language.
 */
export function planUploads(rows: readonly DashboardRow[]): Upload[] {
  const active = rows.filter(({ deleted_at }) => deleted_at === null);
  const owners = new Map(active.map((row) => [folderOf(row), row]));
  const series = Map.groupBy(rows, ({ branch_name, language }) => `${language}/${branch_name}`);
  return [...series.values()].flatMap((rows) => {
    const active = rows.filter(({ deleted_at }) => deleted_at === null);
    const last = rows.at(-1)!;
    const newest = active.at(-1) ?? last;
    return rows.map((row) => ({
      ...row,
      id: row === newest ? last.id + 0.5 : row.id,
      deleted_at: row.deleted_at ?? active[active.indexOf(row) + 1]?.created_at ?? null,
      newest: row === newest,
      folder: owners.get(folderOf(row)) === row ? folderOf(row) : undefined,
    }));
  }).sort((a, b) => a.id - b.id);
}

function folderOf({ org_name, repo_name, branch_name }: DashboardRow): string {
  return `${org_name}/${repo_name}/${branch_name.replaceAll("/", "_fs_")}/archive`;
}
