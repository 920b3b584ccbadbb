// @ts-types="@types/d3-scale"
import { scaleLinear } from "d3-scale";
// @ts-types="@types/d3-shape"
import { line } from "d3-shape";
import { percent } from "../model/percentage.ts";
import { Bar } from "./numbers.tsx";

const WIDTH = 120;
const HEIGHT = 32;
/** Keeps the line and its last point inside. */
const MARGIN = 3;
/** Percentage points that the height stands for at least, so that a tenth does not look like a leap. */
const LEAST_SPAN = 5;

/** A trend in the size of a word, oldest value first; a bar where there is only one. */
export function Sparkline({ values }: { values: readonly number[] }) {
  const [first, last] = [values[0], values.at(-1)];
  if (first === undefined || last === undefined) return null;
  if (values.length === 1) return <Bar value={last} />;
  const x = scaleLinear([0, values.length - 1], [MARGIN, WIDTH - MARGIN]);
  const y = scaleLinear(spanOf(values, LEAST_SPAN), [HEIGHT - MARGIN, MARGIN]);
  const path = line<number>((_, index) => tenths(x(index)), (value) => tenths(y(value)));
  const label = `Last ${values.length} uploads: from ${percent(first)} to ${percent(last)}`;
  return (
    <svg width={WIDTH} height={HEIGHT} fill="var(--link)" role="img" aria-label={label}>
      <title>{label}</title>
      <path d={path(values) ?? ""} fill="none" stroke="var(--link)" stroke-width="1.5" />
      <circle cx={tenths(x(values.length - 1))} cy={tenths(y(last))} r="2.5" />
    </svg>
  );
}

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
