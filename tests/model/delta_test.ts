import assert from "node:assert/strict";
import { changeOf, signed } from "../../src/model/percentage.ts";

Deno.test("a change has a sign and exactly two decimals", () => {
  const cases: [before: number, after: number, text: string][] = [
    [54.16, 54.17, "+0.01"],
    [33.02, 33.03, "+0.01"],
    [0.3, 0.1 + 0.2, "0.00"],
    [0, 100, "+100.00"],
    [50, 49.99, "−0.01"],
    [50, 50, "0.00"],
  ];
  for (const [before, after, text] of cases) assert.equal(signed(changeOf(before, after)!), text);
  assert.equal(changeOf(null, 5), null);
  assert.equal(changeOf(undefined, 5), null);
});
