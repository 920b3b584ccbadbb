/**
 * What every total must be like.
 *
 * @module
 */

/** What is wrong with a total: a percentage out of range, counts that contradict it or each other. */
export function coverageProblems(
  percentage: unknown,
  covered: unknown,
  valid: unknown,
): string[] {
  const shown = Deno.inspect({ percentage, covered, valid });
  if (typeof percentage !== "number" || !(percentage >= 0 && percentage <= 100)) {
    return [`the percentage is not from 0 to 100: ${shown}`];
  }
  if (Math.round(percentage * 100) / 100 !== percentage) {
    return [`the percentage has more than 2 decimals: ${shown}`];
  }
  if (covered === null && valid === null) return [];
  if (!isCount(covered) || !isCount(valid) || covered > valid || valid === 0) {
    return [`the counts are not 0 to a count that is over 0: ${shown}`];
  }
  if ((percentage === 100) !== (covered === valid) || (percentage === 0) !== (covered === 0)) {
    return [`0 and 100 must mean none and all: ${shown}`];
  }
  if (Math.abs(percentage - 100 * covered / valid) > 0.0101) {
    return [`the percentage is not that of the counts: ${shown}`];
  }
  return [];
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 31;
}
