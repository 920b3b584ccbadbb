/**
 * What a section of the benchmarks gives.
 *
 * @module
 */

/** The outcome of a section. */
export interface Section {
  /** What was measured, in a line. */
  readonly title: string;
  /** Cells with their units; the first row is the head. */
  readonly table: string[][];
  /** Lines to print below the table. */
  readonly notes: string[];
  /** A sentence for each bound that was missed. */
  readonly missed: string[];
}

/** Judges a measurement: the cells that show its bound and the verdict, and the bound's miss, if any. */
export function judge(
  what: string,
  { value, bound, unit }: { value: number; bound: number; unit: string },
): { cells: [bound: string, verdict: string]; missed: string[] } {
  const met = value <= bound;
  return {
    cells: [`≤ ${bound}${unit}`, met ? "ok" : "MISSED"],
    missed: met ? [] : [`${what} is ${value.toFixed(2)}${unit}, allowed is ${bound}${unit}`],
  };
}
