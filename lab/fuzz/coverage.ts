/** The reader of coverage files: one result for one document, however it is delivered. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { CoverageError } from "../../src/formats/coverage.ts";
import { CoverageThread } from "../../src/formats/parser_thread.ts";
import { type ReadCoverage, readCoverage } from "../../src/formats/read_coverage.ts";
import type { Target } from "./corpus.ts";
import { type Bytes, chunked, chunkSizes, mutate, several } from "./mutations.ts";
import { ofText } from "./text_mutations.ts";

export const coverage: Target = {
  times: 8,
  async run(corpus, check) {
    using thread = new CoverageThread();
    const input = fc.record({
      file: corpus.coverageFiles,
      mutations: several(ofText),
      sizes: chunkSizes,
      // Messages to the thread cost more than the reading, so that it gets only some.
      isOnThread: fc.nat(3).map((one) => one === 3),
    });
    await check(input, async ({ file, mutations, sizes, isOnThread }) => {
      const bytes = mutate(file.bytes, mutations);
      const whole = await read([bytes], readCoverage);
      const inPieces = await read(chunked(bytes, sizes), isOnThread ? thread.read : readCoverage);
      assert.deepEqual(inPieces, whole, "read in pieces, and at once");
      return whole.outcome;
    });
  },
};

async function read(chunks: readonly Bytes[], reader: ReadCoverage) {
  async function* delivered() {
    yield* chunks;
  }
  try {
    const { total: coverage } = await reader(delivered());
    assertTotal(coverage.percentage, coverage.linesCovered, coverage.linesValid);
    return { outcome: "read", coverage };
  } catch (error) {
    if (!(error instanceof CoverageError)) throw error;
    // Of two faults in one text the parser names the one that its piece shows first, and of JSON it
    // knows the place before the piece.
    const sentence = error.message.replace(/^(is not (well-formed XML|valid JSON): ).*/s, "$1");
    return { outcome: "refused", sentence };
  }
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
