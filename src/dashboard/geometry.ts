/** The smallest and the greatest of some numbers, moved apart until they span at least `least`. */
export function spanOf(values: readonly number[], least: number): [number, number] {
  const low = Math.min(...values), high = Math.max(...values);
  const missing = Math.max(0, least - (high - low)) / 2;
  return [low - missing, high + missing];
}

/** A coordinate in tenths of a unit, which is finer than a screen. */
export function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
