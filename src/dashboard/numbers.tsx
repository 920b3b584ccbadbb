/**
 * Percentages, their changes, and times, as every page writes them.
 *
 * @module
 */
import type { Html } from "./html.ts";
import { coverageColor, signed } from "../model/percentage.ts";

/** A percentage as text, with the two decimals it is kept with. */
export function percent(percentage: number): string {
  return `${percentage.toFixed(2)}%`;
}

/** A percentage, with a mark in the badge's colour. */
export function Percentage({ value }: { value: number }): Html {
  return (
    <span class="percentage">
      <span class={`level ${coverageColor(value)}`} aria-hidden="true"></span>
      {percent(value)}
    </span>
  );
}

/** A change in percentage points; `against` says from what. Nothing where there is nothing before. */
export function Change(
  { value, against }: { value: number | null; against: string },
): Html | null {
  if (value === null) return null;
  const text = signed(value);
  const [direction, arrow] = text.startsWith("+")
    ? ["up", "▲"]
    : text.startsWith("−")
    ? ["down", "▼"]
    : ["same", "="];
  return (
    <span class={`change ${direction}`} title={`percentage points against ${against}`}>
      <span aria-hidden="true">{arrow}</span> {text}
    </span>
  );
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

/** A time before `now`, as people say it: "2 hours ago". A clock that runs ahead is "just now". */
export function ago(date: Date, now: Date): string {
  const seconds = (now.getTime() - date.getTime()) / 1000;
  for (const [length, unit] of STEPS) {
    if (seconds >= length) return relative.format(-Math.floor(seconds / length), unit);
  }
  return "just now";
}

/** How long ago something was; the exact time on hover, in ISO 8601 and UTC. */
export function Ago({ at, now }: { at: Date | string; now: Date }): Html {
  const date = new Date(at);
  const iso = date.toISOString().replace(/\.\d+Z$/, "Z");
  return <time dateTime={iso} title={iso}>{ago(date, now)}</time>;
}
