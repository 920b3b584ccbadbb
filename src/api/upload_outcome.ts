/** How an upload ends: its gates, its commit status, the end of its answer, its count, its log line. */
import type { FoundBase } from "../db/upload_query.ts";
import { changeOf, percent, signed } from "../model/percentage.ts";
import type { CoverageRow, Patch, PatchResult } from "../model/rows.ts";
import type { UploadFields } from "../model/upload_fields.ts";
import type { DoneStatus, PendingStatus } from "../auth/credential.ts";
import type { Config } from "../config.ts";
import type { Added } from "../db/add_coverage.ts";
import { classify } from "../errors.ts";
import type { Handler } from "../http/router.ts";
import type { Log } from "../log.ts";
import { toAnswer } from "../model/coverage_answer.ts";
import type { Metrics } from "../telemetry/metrics.ts";

type Gates = Pick<UploadFields, "fail_under" | "max_drop" | "patch_fail_under">;

interface Check {
  readonly name: keyof Gates;
  /** Null where nothing was measured: neither passed nor failed. */
  readonly passed: boolean | null;
  /** Percent; of `max_drop`, percentage points below the base, negative above it. */
  readonly actual: number | null;
  readonly required: number;
  readonly sentence: string;
}

export function checksOf(
  { fail_under, max_drop, patch_fail_under }: Gates,
  { row, base, base_reason, patch, patch_reason }: FoundBase & PatchResult & { row: CoverageRow },
): Check[] {
  return [
    ...(fail_under === undefined ? [] : [checkCoverage(row, fail_under)]),
    ...(max_drop === undefined ? [] : [checkDrop(row, { base, base_reason }, max_drop)]),
    ...(patch_fail_under === undefined
      ? []
      : [checkPatch({ patch, patch_reason }, patch_fail_under)]),
  ];
}

function checkCoverage({ percentage: actual }: CoverageRow, required: number): Check {
  const passed = actual >= required;
  const sentence = `Coverage is ${percent(actual)}${limit(passed, required)}`;
  return { name: "fail_under", passed, actual, required, sentence };
}

function checkDrop(row: CoverageRow, { base, base_reason }: FoundBase, required: number): Check {
  const change = changeOf(base?.percentage, row.percentage);
  if (!base || change === null) {
    const sentence = `The drop was not checked. ${base_reason}`;
    return { name: "max_drop", passed: null, actual: null, required, sentence };
  }
  const actual = 0 - change;
  const passed = actual <= required;
  const points = `${Math.abs(change).toFixed(2)} percentage points`;
  const what = change === 0
    ? "did not change"
    : change > 0
    ? `rose by ${points}`
    : `dropped by ${points}`;
  const against = `against ${base.branch_name} at ${base.commit_hash.slice(0, 8)}`;
  const allowed = passed ? `; a drop of ${required} is allowed.` : `; only ${required} is allowed.`;
  const sentence = `Coverage ${what} ${against}${allowed}`;
  return { name: "max_drop", passed, actual, required, sentence };
}

function checkPatch({ patch, patch_reason }: PatchResult, required: number): Check {
  const actual = patch?.percentage ?? null;
  if (!patch || actual === null) {
    const reason = patch
      ? `No changed line can be covered.${unknownFiles(patch)}`
      : patch_reason ?? "No diff was uploaded.";
    const sentence = `Patch coverage was not checked. ${reason}`;
    return { name: "patch_fail_under", passed: null, actual, required, sentence };
  }
  const passed = actual >= required;
  const lines = `${patch.lines_covered} of ${patch.lines_valid} changed lines`;
  const sentence = `Patch coverage is ${percent(actual)} (${lines})${limit(passed, required)}` +
    unknownFiles(patch);
  return { name: "patch_fail_under", passed, actual, required, sentence };
}

function limit(passed: boolean, required: number): string {
  return passed ? `; at least ${required}% is required.` : `, below the required ${required}%.`;
}

/** What a good percentage must not hide. */
function unknownFiles({ not_measured, ambiguous, omitted }: Patch): string {
  const count = not_measured.length + omitted.not_measured + ambiguous.length + omitted.ambiguous;
  if (count === 0) return "";
  return count === 1
    ? " 1 changed file was not measured."
    : ` ${count} changed files were not measured.`;
}

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
