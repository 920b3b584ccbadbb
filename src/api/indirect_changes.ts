/** Indirect changes: files whose coverage changed although the diff does not touch them. */
import { changeOf } from "../model/percentage.ts";
import { type FileSummary, percentageIn } from "../reports/file_lines.ts";

export interface IndirectChange {
  readonly path: string;
  readonly before: number;
  readonly after: number;
  /** Percentage points; never 0. */
  readonly change: number;
}

/** The ones that changed most first; `touched` are the report's files that the diff changes. */
export function indirectChanges(
  files: readonly FileSummary[],
  baseFiles: readonly FileSummary[],
  touched: readonly string[],
): IndirectChange[] {
  const skipped = new Set(touched);
  const base = new Map(baseFiles.map((file) => [file.path, file]));
  return files.flatMap((file): IndirectChange[] => {
    const baseFile = base.get(file.path);
    if (!baseFile || skipped.has(file.path)) return [];
    const [before, after] = [percentageIn(baseFile), percentageIn(file)];
    const change = after === null ? null : changeOf(before, after);
    if (before === null || after === null || !change) return [];
    return [{ path: file.path, before, after, change }];
  }).sort((a, b) => Math.abs(b.change) - Math.abs(a.change) || (a.path < b.path ? -1 : 1));
}
