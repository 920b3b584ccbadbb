/** The commit status of an upload, in words. */
import type { DoneStatus, PendingStatus } from "../auth/grant.ts";
import type { Config } from "../config.ts";
import type { Added } from "../db/add_coverage.ts";
import { changeOf, percent, signed } from "../model/percentage.ts";
import type { Check } from "./checks.ts";

export function pendingStatus(
  { language }: { language: string },
  { statusContext }: Pick<Config, "statusContext">,
): PendingStatus {
  return {
    context: statusContext.replaceAll("{language}", () => language),
    description: "The coverage report is being processed.",
  };
}

/** The number and its change, as in "83.20% (+0.40% against main)"; the first check that failed. */
export function finalStatus(
  { row, base }: Pick<Added, "row" | "base">,
  checks: readonly Check[],
): DoneStatus {
  const failed = checks.find(({ passed }) => passed === false);
  if (failed) return { state: "failure", description: failed.sentence };
  const number = percent(row.percentage);
  const change = changeOf(base?.percentage, row.percentage);
  if (!base || change === null) return { state: "success", description: number };
  const against = base.branch_name === row.branch_name ? "the upload before" : base.branch_name;
  return { state: "success", description: `${number} (${signed(change)}% against ${against})` };
}
