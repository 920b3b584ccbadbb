/**
 * A percentage as the length of a bar, beside the number it stands for.
 *
 * @module
 */
import type { Html } from "./html.ts";
import { coverageColor } from "../model/percentage.ts";

/** Draws a percentage; screen readers have the number beside it. */
export function Bar({ value }: { value: number }): Html {
  return (
    <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect class="all" width="100" height="8" />
      <rect class={coverageColor(value)} width={value} height="8" />
    </svg>
  );
}
