/** Percentages: how they are rounded, their change, and the colour they are shown in. */

/**
 * `100 × covered / valid`, rounded half away from zero to 2 decimals, except that 100 means nothing
 * is missed and 0 means nothing is covered. In integers, because `1.005 * 100` is not 100.5.
 */
export function percentageOf(covered: number, valid: number, missed = covered < valid): number {
  const doubled = 2n * BigInt(valid);
  const hundredths = Number((BigInt(covered) * 20_000n + BigInt(valid)) / doubled);
  if (missed && hundredths === 10_000) return 99.99;
  if (covered > 0 && hundredths === 0) return 0.01;
  return hundredths / 100;
}

/**
 * Percentage points between two percentages of two decimals, which binary fractions blur; null where
 * there is nothing before.
 */
export function changeOf(before: number | null | undefined, after: number): number | null {
  if (before === null || before === undefined) return null;
  return (Math.round(after * 100) - Math.round(before * 100)) / 100;
}

/** "83.20%". */
export function percent(percentage: number): string {
  return `${percentage.toFixed(2)}%`;
}

/** A change with its sign, as in "+0.40". */
export function signed(change: number): string {
  const text = Math.abs(change).toFixed(2);
  return change > 0 ? `+${text}` : change < 0 ? `−${text}` : text;
}

/**
 * The shields.io colour of a coverage. From 80 on the steps are shields' own for coverage; it calls
 * everything from 0.01 to 79.99 yellow, which the 40 and 60 of the `coverage-badge` tool divide.
 */
export function coverageColor(percentage: number): string {
  if (percentage < 40) return "red";
  if (percentage < 60) return "orange";
  if (percentage < 80) return "yellow";
  if (percentage < 90) return "yellowgreen";
  if (percentage < 100) return "green";
  return "brightgreen";
}
