/** Percentages, their changes, and times, as every page writes them. */
import { coverageColor, percent, signed } from "../model/percentage.ts";

/** A percentage, with a mark in the badge's colour. */
export function Percentage({ value }: { value: number }) {
  return <span class={`percentage ${coverageColor(value)}`}>{percent(value)}</span>;
}

/** A percentage as the length of a bar. It is hidden from screen readers: the number is beside it. */
export function Bar({ value }: { value: number }) {
  return (
    <svg
      class={`bar ${coverageColor(value)}`}
      viewBox="0 0 100 8"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <rect width={value} height="8" />
    </svg>
  );
}

/** A change in percentage points; `against` says from what. Null is an empty place. */
export function Change({ value, against }: { value: number | null; against: string }) {
  if (value === null) return <span class="change"></span>;
  const direction = value > 0 ? "up" : value < 0 ? "down" : "same";
  return (
    <span class={`change ${direction}`} title={`percentage points against ${against}`}>
      {signed(value)}
    </span>
  );
}

const counts = new Intl.NumberFormat("en");

export function count(value: number): string {
  return counts.format(value);
}

/** "1,204 of 2,000 lines"; empty where the coverage file has only a rate. */
export function linesText(
  { lines_covered, lines_valid }: { lines_covered: number | null; lines_valid: number | null },
): string {
  if (lines_covered === null || lines_valid === null) return "";
  return `${count(lines_covered)} of ${count(lines_valid)} lines`;
}

const STEPS: readonly [seconds: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [365 * 86400, "year"],
  [30 * 86400, "month"],
  [7 * 86400, "week"],
  [86400, "day"],
  [3600, "hour"],
  [60, "minute"],
];
const relative = new Intl.RelativeTimeFormat("en");

/** "2 hours ago". A time after `now`, of a clock that runs ahead, is "just now". */
export function ago(date: Date, now: Date): string {
  const seconds = (now.getTime() - date.getTime()) / 1000;
  for (const [length, unit] of STEPS) {
    if (seconds >= length) return relative.format(-Math.floor(seconds / length), unit);
  }
  return "just now";
}

/** How long ago something was, with the exact time in UTC on hover. */
export function Ago({ at, now }: { at: Date | string; now: Date }) {
  const date = new Date(at);
  const iso = date.toISOString().replace(/\.\d+Z$/, "Z");
  return <time dateTime={iso} title={iso}>{ago(date, now)}</time>;
}
