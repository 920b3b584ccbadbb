/** What is fuzzed, and what must hold of every total. */
import assert from "node:assert/strict";
import type fc from "fast-check";
import type { Corpus } from "./corpus.ts";

export interface Target {
  /** Runs, as a multiple of `--runs`. */
  readonly times: number;
  /** Hands the property and its input to `check`; what else must hold is asserted afterwards. */
  run(
    corpus: Corpus,
    check: <T>(
      input: fc.Arbitrary<T>,
      /** Returns the outcome in a word, to count; throws where something is wrong. */
      holds: (input: T) => Promise<string>,
    ) => Promise<void>,
  ): Promise<void>;
}

/** Asserts that a percentage is in range and is the one of its counts. */
export function assertTotal(percentage: unknown, covered: unknown, valid: unknown): void {
  const shown = Deno.inspect({ percentage, covered, valid });
  assert(typeof percentage === "number" && percentage >= 0 && percentage <= 100, shown);
  assert.equal(Math.round(percentage * 100) / 100, percentage, `more than 2 decimals: ${shown}`);
  if (covered === null && valid === null) return;
  assert(isCount(covered) && isCount(valid) && covered <= valid && valid > 0, shown);
  assert.equal(percentage === 100, covered === valid, `100 must mean all: ${shown}`);
  assert.equal(percentage === 0, covered === 0, `0 must mean none: ${shown}`);
  assert(Math.abs(percentage - 100 * covered / valid) <= 0.0101, shown);
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 31;
}
