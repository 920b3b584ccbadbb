/** The server's answer to an upload, for people. */
import { OperatorError } from "../errors.ts";
import type { CoverageAnswer } from "../model/coverage_answer.ts";
import type { PatchResult } from "../model/rows.ts";
import { changeOf, percent, signed } from "../model/percentage.ts";
import { API_PATH, uploadPath } from "../model/urls.ts";

const MAX_FILES = 20;

/** The part of it that is read; without a base, a diff and limits it has less. */
interface UploadAnswer extends Partial<PatchResult> {
  readonly coverage: CoverageAnswer;
  readonly parts?: number;
  readonly warnings?: readonly string[];
  readonly base?: CoverageAnswer | null;
  readonly base_reason?: string | null;
  readonly checks?: readonly { readonly passed: boolean | null; readonly sentence: string }[];
}

/** Throws for the answer of something else. */
export function readAnswer(answer: UploadAnswer | null, api: string): UploadAnswer {
  if (typeof answer?.coverage?.percentage === "number") return answer;
  throw new OperatorError(`${api} is not the address of a coverage server.`);
}

export function* describeAnswer(
  { coverage, parts, warnings = [], base, base_reason, patch, patch_reason, checks = [] }:
    UploadAnswer,
): Generator<string> {
  yield* warnings;
  const { org_name, repo_name, branch_name, language, percentage, report_url } = coverage;
  const change = changeOf(base?.percentage, percentage);
  const against = base && change !== null
    ? `, ${signed(change)} against ${base.branch_name} at ${base.commit_hash.slice(0, 8)}`
    : "";
  const of = parts ? ` of ${parts} parts` : "";
  yield `${org_name}/${repo_name}, ${branch_name}, ${language}: ${
    percent(percentage)
  }${of}${against}`;
  if (base === null && base_reason) yield base_reason;
  if (patch_reason) yield patch_reason;
  if (patch) {
    const { percentage, lines_covered, lines_valid, files, not_measured, ambiguous } = patch;
    yield percentage === null
      ? "No changed line can be covered."
      : `Changed lines: ${percent(percentage)}, ${lines_covered} of ${lines_valid} covered`;
    const missed = files.filter(({ uncovered }) => uncovered !== "");
    const lines = [
      ...missed.map(({ path, uncovered }) => `- ${path}: not covered: ${uncovered}`),
      ...[...not_measured, ...ambiguous].map((path) => `- ${path}: not measured`),
    ];
    yield* lines.slice(0, MAX_FILES);
    if (lines.length > MAX_FILES) yield `- and ${lines.length - MAX_FILES} more files`;
  }
  for (const { passed, sentence } of checks) {
    yield `${passed === null ? "Skipped" : passed ? "Passed" : "Failed"}: ${sentence}`;
  }
  // What a report's address begins with is the server's own.
  yield `${report_url.split(`${API_PATH}/`)[0]}${uploadPath(coverage)}`;
}

export function didPass({ checks = [] }: UploadAnswer): boolean {
  return checks.every(({ passed }) => passed !== false);
}

/** A line of a log in which no CI system finds a command of its own, wherever the text comes from. */
export function plain(text: string): string {
  const line = text.replaceAll(/\p{Cc}+/gu, " ").replaceAll("##", "# #");
  return line.replace(/^\s*::/, "");
}
