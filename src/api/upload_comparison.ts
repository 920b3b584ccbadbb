/** What the answer to an upload says of its base, its patch and its gates. */
import type { Added } from "../db/add_coverage.ts";
import { toAnswer } from "../model/coverage_answer.ts";
import type { UploadFields } from "../model/upload_fields.ts";
import type { Check } from "./checks.ts";

const ASKS: readonly (keyof UploadFields)[] = [
  ...["diff_file_name", "base_branch", "base_commit"] as const,
  ...["fail_under", "max_drop", "patch_fail_under"] as const,
];

/** Nothing for an upload with none of the fields that ask for it. */
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
