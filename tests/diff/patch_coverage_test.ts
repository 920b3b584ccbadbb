import assert from "node:assert/strict";
import { MAX_LISTED, patchCoverage } from "../../src/diff/patch_coverage.ts";
import { Ranges } from "../../src/diff/unified_diff.ts";
import { encodeLines } from "../formats/read.ts";

function changed(path: string, ...lines: number[]) {
  const added = new Ranges();
  for (const line of lines) added.add(line);
  return { path, added };
}

/** A report of files with the hits of their lines, by line number. */
function report(files: Record<string, Record<number, number>>) {
  return encodeLines(
    Object.entries(files).map(([path, hits]) => ({
      path,
      lines: new Uint32Array(Object.keys(hits).map(Number)),
      covered: Uint8Array.from(Object.values(hits)),
    })),
  );
}

Deno.test("only changed lines that the report knows count", () => {
  const patch = patchCoverage(
    [changed("a.ts", 1, 2, 3, 4, 9, 10, 11, 999), changed("b.ts", 7)],
    report({ "a.ts": { 1: 0, 2: 1, 3: 0, 5: 0, 6: 0, 10: 0, 12: 0 }, "b.ts": { 7: 1, 8: 0 } }),
  );
  assert.deepEqual(patch, {
    percentage: 40,
    lines_covered: 2,
    lines_valid: 5,
    files: [
      // Line 4 cannot be hit; line 3 and line 10 are not next to each other in the diff.
      { path: "a.ts", lines_covered: 1, lines_valid: 4, uncovered: "1,3,10" },
      { path: "b.ts", lines_covered: 1, lines_valid: 1, uncovered: "" },
    ],
    not_measured: [],
    ambiguous: [],
    touched: ["a.ts", "b.ts"],
    omitted: { files: 0, not_measured: 0, ambiguous: 0 },
  });
});

Deno.test("a changed file without data is listed, and one that could have none is not", () => {
  const patch = patchCoverage(
    ["a.ts", "new.TS", "README.md", "Makefile"].map((path) => changed(path, 1)),
    report({ "a.ts": { 1: 1 }, "x.tsx": { 1: 1 } }),
  );
  assert.deepEqual([patch.percentage, patch.not_measured], [100, ["new.TS"]]);
  const nothing = patchCoverage(
    [changed("a.ts", 2), changed("b.ts", 1)],
    report({ "a.ts": { 1: 1 } }),
  );
  assert.deepEqual(
    [nothing.percentage, nothing.lines_valid, nothing.files, nothing.not_measured],
    [null, 0, [], ["b.ts"]],
  );
  assert.equal(patchCoverage([], report({ "a.ts": { 1: 1 } })).percentage, null);
});

Deno.test("long lists are cut, with a count of the rest, and every file counts", () => {
  const names = Array.from({ length: MAX_LISTED + 5 }, (_, at) => `src/${at}.ts`);
  const odd = Array.from({ length: 2000 }, (_, at) => 2 * at + 1);
  const patch = patchCoverage(
    [
      ...names.map((path) => changed(path, ...odd)),
      ...names.map((path) => changed(`other/${path}x.ts`, 1)),
    ],
    report(Object.fromEntries(
      names.map((path) => [path, Object.fromEntries(odd.map((line) => [line, 0]))]),
    )),
  );
  assert.equal(patch.lines_valid, names.length * odd.length);
  assert.deepEqual([patch.files.length, patch.not_measured.length], [MAX_LISTED, MAX_LISTED]);
  assert.deepEqual(patch.omitted, { files: 5, not_measured: 5, ambiguous: 0 });
  assert.match(patch.files[0]!.uncovered, /^1,3,5,.*\d,…$/);
  assert(JSON.stringify(patch).length < 1_000_000);
});
