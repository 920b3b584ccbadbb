/**
 * Lines of LLVM's segments, as `LineCoverageStats` and `LineCoverageIterator` of
 * llvm/lib/ProfileData/Coverage/CoverageMapping.cpp make them.
 */
import { CoverageError } from "./coverage.ts";

/** Where the count changes. */
export interface LineSegment {
  readonly line: number;
  readonly count: number;
  readonly hasCount: boolean;
  /** Whether a region starts here, as opposed to one that goes on. */
  readonly isEntry: boolean;
  /** White space between regions. */
  readonly isGap: boolean;
}

/** Lines from a segment to the next one. */
const MAX_SPAN = 1_000_000;

export function* segmentLines(
  segments: readonly LineSegment[],
): Generator<{ line: number; hits: number }> {
  let wrapped: LineSegment | undefined;
  let next = 0;
  for (let line = segments[0]?.line ?? 0; next < segments.length; line++) {
    const first = next;
    while (next < segments.length && segments[next]!.line === line) next++;
    if (first === next && (segments[next]!.line < line || segments[next]!.line - line > MAX_SPAN)) {
      throw new CoverageError(
        `has a segment of line ${segments[next]!.line} after one of line ${line - 1}`,
      );
    }
    const own = segments.slice(first, next);
    const hits = hitsOf(own, wrapped);
    if (hits !== undefined) yield { line, hits };
    wrapped = own.at(-1) ?? wrapped;
  }
}

/** Hits of a line with its segments and the last one before it; nothing for a line without code. */
function hitsOf(
  segments: readonly LineSegment[],
  wrapped: LineSegment | undefined,
): number | undefined {
  const starts = segments.filter(({ hasCount, isEntry, isGap }) => hasCount && isEntry && !isGap);
  const first = segments[0];
  const startsSkipped = first !== undefined && !first.hasCount && first.isEntry;
  const isMapped = (!startsSkipped && (wrapped?.hasCount || starts.length > 0)) ||
    segments.some(({ hasCount, isEntry }) => hasCount && isEntry);
  if (!isMapped) return undefined;
  return Math.max(wrapped?.count ?? 0, ...starts.map(({ count }) => count));
}
