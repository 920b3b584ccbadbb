/** The patch coverage of an upload, or of the parts of a commit. */
import type { PartCoverage } from "../db/add_coverage.ts";
import { patchCoverage } from "../diff/patch_coverage.ts";
import { DiffError, readDiff } from "../diff/unified_diff.ts";
import { quote } from "../errors.ts";
import type { ParsedCoverage } from "../formats/coverage.ts";
import type { PatchResult } from "../model/patch.ts";
import type { ReportStore } from "../reports/store.ts";

export const NO_PATCH: PatchResult = { patch: null, patch_reason: null };

/** Whatever is wrong with a diff is the reason why there is no patch, and fails no upload. */
export async function readPatch(
  diff: { readonly path: string } | { readonly reason: string } | undefined,
  readFile: (path: string) => AsyncIterable<Uint8Array<ArrayBuffer>>,
  { lines, sourceRoots }: Pick<ParsedCoverage, "lines" | "sourceRoots">,
): Promise<PatchResult> {
  if (!diff) return NO_PATCH;
  const without = (patch_reason: string) => ({ patch: null, patch_reason });
  if ("reason" in diff) return without(diff.reason);
  if (!lines) {
    return without("The coverage file has only totals, so nothing is known of single lines.");
  }
  try {
    const changed = await readDiff(readFile(diff.path));
    return { patch: patchCoverage(changed, lines, sourceRoots), patch_reason: null };
  } catch (error) {
    if (!(error instanceof DiffError)) throw error;
    return without(`The diff ${quote(diff.path)} ${error.message}.`);
  }
}

/**
 * The patch of a commit's parts, from the diff of the newest part that has one; `own` says why that of
 * the newest part is missing.
 */
export async function patchOfParts(
  parts: readonly PartCoverage[],
  lines: ParsedCoverage["lines"],
  { store, own }: { store: Pick<ReportStore, "readFile">; own: PatchResult },
): Promise<PatchResult> {
  const newest = parts.filter(({ diff_file }) => diff_file !== null)
    .reduce<PartCoverage | undefined>(
      (one, other) => one && one.created_at > other.created_at ? one : other,
      undefined,
    );
  if (!newest) return own;
  return await readPatch(
    { path: newest.diff_file! },
    (path) => store.readFile(newest.report_id, path),
    { lines, sourceRoots: [...new Set(parts.flatMap(({ source_roots }) => source_roots))] },
  );
}
