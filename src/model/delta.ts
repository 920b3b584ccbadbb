/**
 * What became of a percentage.
 *
 * @module
 */

/**
 * Percentage points between two percentages of two decimals, which binary fractions blur; null where
 * there is nothing before.
 */
export function changeOf(before: number | null | undefined, after: number): number | null {
  if (before === null || before === undefined) return null;
  return (Math.round(after * 100) - Math.round(before * 100)) / 100;
}

/** A change with its sign, as in "+0.40". */
export function signed(change: number): string {
  const text = Math.abs(change).toFixed(2);
  return change > 0 ? `+${text}` : change < 0 ? `−${text}` : text;
}
