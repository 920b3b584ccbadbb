/** The gates of an upload: `fail_under`, `max_drop` and `patch_fail_under`. */
import type { FoundBase } from "../db/upload_query.ts";
import { changeOf, percent } from "../model/percentage.ts";
import type { Patch, PatchResult } from "../model/patch.ts";
import type { CoverageRow } from "../model/rows.ts";
import type { UploadFields } from "../model/upload_fields.ts";

type Gates = Pick<UploadFields, "fail_under" | "max_drop" | "patch_fail_under">;

export interface Check {
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
