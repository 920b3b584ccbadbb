import type { Html } from "./html.ts";
import { coverageColor } from "../model/percentage.ts";

/** A percentage as the length of a bar. It is hidden from screen readers: the number is beside it. */
export function Bar({ value }: { value: number }): Html {
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
