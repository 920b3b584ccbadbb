import assert from "node:assert/strict";
import { counted, lines, parse, refusal } from "./read.ts";

const json = (value: unknown) => JSON.stringify(value);

Deno.test("Istanbul: the statements that start in a line make its hits, in any order of keys", async () => {
  const at = (line: number) => ({ start: { line, column: 0 }, end: { line: line + 3, column: 1 } });
  const file = (path: string) => ({
    path,
    statementMap: { 0: at(1), 1: at(1), 2: at(4), 3: at(6) },
    fnMap: { 0: { name: "f", loc: at(9), line: 9 } },
    s: { 0: 0, 1: 3, 2: 0, 4: 7 },
    f: { 0: 1 },
    inputSourceMap: { sourcesContent: ["x".repeat(100_000)], mappings: ";;" },
  });
  const expected = { "/src/a.js": { 1: 1, 4: 0 } };
  const document = { "/src/a.js": file("/src/a.js") };
  assert.equal(await counted(json(document)), "1/2 istanbul");
  assert.deepEqual(await lines(json(document)), expected);
  const { statementMap, s, path } = document["/src/a.js"];
  assert.deepEqual(await lines(json({ "/src/a.js": { s, path, statementMap } })), expected);
});

Deno.test("Istanbul 0.x: the lines of l count where it is there, and skipped statements as hit", async () => {
  const at = (line: number, more = {}) => ({ start: { line, column: 0 }, ...more });
  const statementMap = { 1: at(1), 2: at(2), 3: at(3, { skip: true }) };
  const file = { path: "/a.js", s: { 1: 1, 2: 0, 3: 0 }, b: {}, f: {}, fnMap: {}, statementMap };
  assert.deepEqual(await lines(json({ "/a.js": file })), { "/a.js": { 1: 1, 2: 0, 3: 1 } });
  const l = { 1: 1, 7: 0, 8: 2 };
  for (const both of [{ l, ...file }, { ...file, l }]) {
    assert.deepEqual(await lines(json({ "a.sol": both })), { "a.sol": { 1: 1, 7: 0, 8: 1 } });
  }
  const none = { "a.sol": { l: {}, ...file }, "b.sol": { l } };
  assert.deepEqual(await lines(json(none)), { "b.sol": { 1: 1, 7: 0, 8: 1 } });
});

Deno.test("Istanbul: a count of null, which was NaN, is no hit", async () => {
  const at = (line: number) => ({ start: { line, column: 0 }, end: { line, column: 1 } });
  const file = { path: "/a.js", statementMap: { 0: at(1), 1: at(2) }, s: { 0: 1, 1: null } };
  assert.equal(await counted(json({ "/a.js": file })), "1/2 istanbul");
});

Deno.test("Istanbul's summary: the total, else the sum of the files; it has no lines", async () => {
  const of = (total: number, covered: number) => ({
    lines: { total, covered, skipped: 0, pct: 0 },
  });
  const files = { "/a.js": of(4, 1), "/b.js": of(2, 2) };
  assert.equal(await counted(json({ total: of(6, 5), ...files })), "5/6 istanbul-summary");
  assert.equal(await counted(json(files)), "3/6 istanbul-summary");
  assert.equal((await parse(json(files))).lines, null);
  assert.match(await refusal(json({ total: of(0, 0) })), /0 of 0 lines/);
  assert.match(
    await refusal(json({ total: of(-1, 0) })),
    /"total.lines.total": -1, which is not a count/,
  );
});

Deno.test("coverage.py: the totals of lines, and the lines of files", async () => {
  const file = {
    executed_lines: [1, 4],
    missing_lines: [2],
    excluded_lines: [9],
    functions: { f: { executed_lines: [1], missing_lines: [7] } },
  };
  const totals = { covered_lines: 5, num_statements: 8, percent_covered: 12.5 };
  const document = { meta: { branch_coverage: true }, files: { "a.py": file }, totals };
  assert.equal(await counted(json(document)), "5/8 coverage.py");
  assert.equal(await counted(json({ files: document.files })), "2/3 coverage.py");
  assert.deepEqual(await lines(json(document)), { "a.py": { 1: 1, 2: 0, 4: 1 } });
  const empty = { ...document, files: {}, totals: { covered_lines: 0, num_statements: 0 } };
  assert.match(await refusal(json(empty)), /0 of 0 lines/);
});

Deno.test("SimpleCov: suites are united as SimpleCov does", async () => {
  const suite = (lines: unknown) => ({ coverage: { "/app/a.rb": lines }, timestamp: 1 });
  const resultset = (one: unknown, two: unknown) =>
    json({ RSpec: suite(one), Cucumber: suite(two) });
  const [one, two] = [[1, 0, null, 0, null], [0, 0, 5, null, null]];
  const expected = { "/app/a.rb": { 1: 1, 2: 0, 3: 1 } };
  for (
    const document of [
      resultset(one, two),
      resultset({ lines: one, branches: { if: [1] } }, { lines: two }),
      resultset(two, { lines: one }),
    ]
  ) {
    assert.equal(await counted(document), "2/3 simplecov");
    assert.deepEqual(await lines(document), expected);
  }
});

Deno.test("SimpleCov: its coverage.json, with ignored lines", async () => {
  const document = json({
    meta: { simplecov_version: "0.22.0" },
    coverage: { "/app/a.rb": { lines: [1, "ignored", null, 0] } },
  });
  assert.deepEqual(await lines(document), { "/app/a.rb": { 1: 1, 4: 0 } });
});

Deno.test("llvm-cov: the totals, and lines from segments as llvm-cov makes them", async () => {
  const segments = [
    [1, 1, 4, true, true, false], // a function, hit
    [3, 5, 0, true, true, false], // a branch in it, missed
    [5, 6, 4, true, false, false], // the function goes on: no start
    [6, 2, 0, false, false, false], // its end
    [8, 1, 0, false, true, false], // skipped by the preprocessor
    [9, 1, 0, false, false, false],
    [11, 1, 2, true, true, false],
    [11, 9, 7, true, true, true], // a gap: no start of a region
    [12, 1, 0, false, false, false],
  ];
  const file = { filename: "/src/a.rs", segments, summary: { lines: { count: 9, covered: 9 } } };
  const document = {
    data: [{ files: [file], totals: { lines: { count: 8, covered: 6, percent: 75 } } }],
    type: "llvm.coverage.json.export",
  };
  assert.equal(await counted(json(document)), "6/8 llvm-cov");
  assert.deepEqual(await lines(json(document)), {
    "/src/a.rs": { 1: 1, 2: 1, 3: 1, 4: 0, 5: 0, 6: 1, 11: 1, 12: 1 },
  });
  const backwards = [[5, 1, 1, true, true, false], [3, 1, 1, true, true, false]];
  document.data[0]!.files[0]!.segments = backwards as typeof segments;
  assert.match(await refusal(json(document)), /a segment of line 3 after/);
});

Deno.test("gcovr: each entry of a line counts, without lines that are no code; its summary", async () => {
  const line = (line_number: number, count: number, more = {}) => ({ line_number, count, ...more });
  const file = {
    file: "src/a.c",
    lines: [
      line(1, 0, { function_name: "int pick<int>(int, int)" }),
      line(1, 2, { function_name: "long pick<long>(long, long)" }),
      line(2, 0),
      line(3, 0, { "gcovr/noncode": true }),
      line(4, 1, { "gcovr/excluded": true }),
    ],
  };
  const document = json({ "gcovr/format_version": "0.11", files: [file] });
  assert.equal(await counted(document), "1/3 gcovr");
  assert.deepEqual(await lines(document), { "src/a.c": { 1: 1, 2: 0 } });
  const summary = { files: [{ line_total: 9, line_covered: 9 }], line_total: 4, line_covered: 3 };
  assert.equal(
    await counted(json({ "gcovr/summary_format_version": "0.6", ...summary })),
    "3/4 gcovr-summary",
  );
  const kcov = { files: [{ file: "/a.sh", percent_covered: "71.05", total_lines: "38" }] };
  assert.match(await refusal(json(kcov)), /^is kcov's summary; give cobertura\.xml/);
});

Deno.test("JSON that is invalid, unknown or truncated is refused", async () => {
  assert.match(
    await refusal(`{"a": {"s": {"0": 1}`),
    /not valid JSON: it ends early \(in "a › s"\)/,
  );
  assert.match(await refusal(`{"meta": {"version" 1}}`), /not valid JSON: expected ':'/);
  assert.match(
    await refusal(`{"dependencies": {}, "name": "x"}`),
    /of no known format: it is JSON, and its first keys are "dependencies", "name"/,
  );
  assert.match(await refusal(`{"source_files": []}`), /looks like a Coveralls upload/);
  assert.match(await refusal("[]"), /JSON without any keys/);
  assert.match(await refusal("[".repeat(100) + "]".repeat(100)), /deeper than 64/);
});
