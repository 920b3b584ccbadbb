import assert from "node:assert/strict";
import { CoverageError, coverageOf } from "../../src/formats/coverage.ts";
import { percentageOf } from "../../src/model/percentage.ts";
import { total } from "./read.ts";

Deno.test("percentageOf rounds half away from zero to two decimals", () => {
  const cases: [covered: number, valid: number, percentage: number][] = [
    [36, 109, 33.03],
    [13, 24, 54.17],
    [1, 3, 33.33],
    [2, 3, 66.67],
    [1, 8, 12.5],
    [1, 800, 0.13], // 0.125
    [1005, 100_000, 1.01], // 1.005, which is 1.00499… as a float
    [2_147_483_646, 2_147_483_647, 99.99],
  ];
  for (const [covered, valid, percentage] of cases) {
    assert.equal(percentageOf(covered, valid), percentage, `${covered}/${valid}`);
  }
});

Deno.test("percentageOf is 100 only when nothing is missed, and 0 only when nothing is covered", () => {
  assert.equal(percentageOf(100_000, 100_000), 100);
  assert.equal(percentageOf(99_999, 100_000), 99.99);
  assert.equal(percentageOf(0, 100_000), 0);
  assert.equal(percentageOf(1, 100_000), 0.01);
});

Deno.test("coverageOf refuses counts that make no percentage", () => {
  for (const [covered, valid] of [[0, 0], [5, 4], [0.5, 1], [1, 2 ** 31], [NaN, 1]] as const) {
    assert.throws(() => coverageOf({ covered, valid }, "x"), CoverageError, `${covered}/${valid}`);
  }
  assert.match(messageOf(() => coverageOf({ covered: 0, valid: 0 }, "x")), /0 of 0 lines/);
  assert.match(messageOf(() => coverageOf({ covered: 5, valid: 4 }, "x")), /5 of 4/);
});

Deno.test("a bare rate is rounded as it is written, not as a float holds it", async () => {
  const rate = (text: string) => total(`<coverage line-rate="${text}"/>`);
  assert.equal((await rate("0.5832999999999999")).percentage, 58.33);
  assert.equal((await rate("0.33335")).percentage, 33.34);
  assert.equal((await rate("1")).percentage, 100);
  assert.equal((await rate("0.99999999999")).percentage, 99.99);
  assert.equal((await rate("0")).percentage, 0);
  assert.equal((await rate("1e-12")).percentage, 0.01);
  assert.equal((await rate("0.5")).linesValid, null);
  for (const text of ["NaN", "-0.1", "1.1", "Infinity"]) {
    await assert.rejects(rate(text), CoverageError, text);
  }
});

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}
