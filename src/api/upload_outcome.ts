/** How an upload ends: its commit status, the end of its answer, its count and its log line. */
import type { DoneStatus, PendingStatus } from "../auth/grant.ts";
import type { Config } from "../config.ts";
import type { Added } from "../db/add_coverage.ts";
import { classify } from "../errors.ts";
import type { Handler } from "../http/router.ts";
import type { Log } from "../log.ts";
import { toAnswer } from "../model/coverage_answer.ts";
import { changeOf, percent, signed } from "../model/percentage.ts";
import type { UploadFields } from "../model/upload_fields.ts";
import type { Metrics } from "../telemetry/metrics.ts";
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

/** Fields that ask for a comparison. */
const ASKS: readonly (keyof UploadFields)[] = [
  ...["diff_file_name", "base_branch", "base_commit"] as const,
  ...["fail_under", "max_drop", "patch_fail_under"] as const,
];

/** What the answer says of the base, the patch and the gates, where it was asked for. */
export function comparisonOf(
  fields: UploadFields,
  { base, base_reason, patch, patch_reason, checks }: Added & { checks: readonly Check[] },
  origin: string,
): object {
  if (ASKS.every((name) => fields[name] === undefined)) return {};
  return {
    base: base ? toAnswer(base, origin) : null,
    base_reason,
    patch,
    patch_reason,
    checks,
  };
}

/** The handler of uploads, with a count of how they end and a log line for each rejected one. */
export function counted(
  handler: Handler,
  { metrics, log }: { metrics: Metrics; log: Log },
): Handler {
  return async (request, context) => {
    const ended = metrics.uploading();
    try {
      const response = await handler(request, context);
      ended("stored");
      return response;
    } catch (cause) {
      const error = classify(cause, context.requestId);
      ended(error.reason);
      const { searchParams } = context.url;
      log.info("upload rejected", {
        request: context.requestId,
        repository: `${searchParams.get("org_name")}/${searchParams.get("repo_name")}`,
        branch: searchParams.get("branch_name"),
        status: error.status,
        reason: error.message,
      });
      throw error;
    }
  };
}
