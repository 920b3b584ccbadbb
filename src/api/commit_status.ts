/**
 * The commit status of an upload, in words.
 *
 * @module
 */
import type { PendingStatus } from "../auth/grant.ts";
import type { Config } from "../config.ts";
import type { Added } from "../db/add_coverage.ts";
import { changeOf, signed } from "../model/percentage.ts";

export function pendingStatus(
  { language }: { language: string },
  { statusContext }: Pick<Config, "statusContext">,
): PendingStatus {
  return {
    context: statusContext.replaceAll("{language}", () => language),
    description: "The coverage report is being processed.",
  };
}

/** The number and its change, as in "83.20% (+0.40% against main)". */
export function summaryOf(
  { row, active, before }: Added,
  defaultBranches: readonly string[],
): string {
  const main = defaultBranches.find((name) => active.some((other) => other.branch_name === name));
  const isMain = row.branch_name === main;
  const base = isMain ? before : active
    .find((other) => other.branch_name === main && other.language === row.language)?.percentage;
  const number = `${row.percentage.toFixed(2)}%`;
  const change = changeOf(base, row.percentage);
  if (change === null) return number;
  return `${number} (${signed(change)}% against ${isMain ? "the upload before" : main})`;
}
