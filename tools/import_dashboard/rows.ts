/**
 * What a row of the ancestor's says, where it says what an upload may.
 *
 * @module
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
import type { RawRow } from "./connection.ts";

/** A row that can be taken over. */
export interface AncestorRow {
  /** Its id there. */
  readonly id: number;
  /** The account. */
  readonly org_name: string;
  /** The repository. */
  readonly repo_name: string;
  /** Its branch. */
  readonly branch_name: string;
  /** The commit that was measured. */
  readonly commit_hash: string;
  /** Who made it. */
  readonly commit_author: string;
  /** Tells apart the reports of a branch. */
  readonly language: string;
  /** From 0 to 100, with 2 decimals. */
  readonly percentage: number;
  /** When it was uploaded. */
  readonly created_at: Date;
  /** When it was uploaded, superseded or deleted. */
  readonly updated_at: Date;
  /** When it was superseded or deleted; null: active. */
  readonly deleted_at: Date | null;
}

/** As GORM writes times into SQLite, `2022-04-25 09:30:00.123456789+09:00`, and MySQL shows them. */
const TIME = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,3})\d*)?\s*(Z|[+-]\d\d:?\d\d)?$/;

const notTime = "must be a time like 2022-04-25 09:30:00+09:00";
const time = z.string(notTime)
  .transform((text) => {
    const [match, date, clock, fraction = "0", zone = "Z"] = TIME.exec(text) ?? [];
    return new Date(match ? `${date}T${clock}.${fraction}${zone}` : NaN);
  })
  .refine((time) => !Number.isNaN(time.getTime()), notTime);

/** The column holds text, whatever was measured. */
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
  deleted_at: time.nullable(),
});

/** Reads a row, or says why it is left out: `row 17 of acme/shop: commit_hash is …`. */
export function readRow(raw: RawRow): AncestorRow | string {
  const result = schema.safeParse(raw);
  if (result.success) {
    const { updated_at, created_at } = result.data;
    return { ...result.data, updated_at: updated_at ?? created_at };
  }
  const { path, message } = result.error.issues[0]!;
  const column = String(path[0]);
  const actual = raw[column];
  const shown = typeof actual === "string" ? quote(actual) : clip(String(actual));
  return `row ${raw.id} of ${quote(`${raw.org_name}/${raw.repo_name}`)}: ` +
    `${column} is ${shown}; it ${message}`;
}
