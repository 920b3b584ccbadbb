import assert from "node:assert/strict";
import { counted, lines, refusal } from "./read.ts";

const record = (file: string, ...data: string[]) =>
  [`SF:${file}`, ...data, "end_of_record", ""].join("\n");

Deno.test("LCOV: LF and LH count where every file has one record", async () => {
  const one = record("a", "DA:1,1", "LF:3", "LH:2");
  assert.equal(await counted(one + record("b", "DA:1,0", "LF:1", "LH:0")), "2/4 lcov");
});

Deno.test("LCOV: the lines count where a file has several records, or LF and LH cannot be true", async () => {
  const tests = "TN:one\n" + record("a", "DA:1,1", "DA:2,0", "LF:2", "LH:1") + "TN:two\n" +
    record("a", "DA:1,0", "DA:2,0", "DA:3,4", "LF:3", "LH:1");
  assert.equal(await counted(tests), "2/3 lcov");
  for (const wrong of [["LF:0", "LH:0"], ["LF:1", "LH:2"], [], ["LF:2"], ["LH:1"]]) {
    assert.equal(await counted(record("a", "DA:1,1", "DA:2,0", ...wrong)), "1/2 lcov", `${wrong}`);
  }
});

Deno.test("LCOV: lines that coverage.py excludes are in LH and not in LF, and count nowhere", async () => {
  const module = record("a", "DA:1,1", "DA:2,1", "DA:3,0", "LF:2", "LH:2");
  const empty = record("b", "DA:1,1", "LF:0", "LH:1");
  assert.equal(await counted(module + empty), "1/2 lcov");
});

Deno.test("LCOV: a repeated line counts once, as hit if any record hit it", async () => {
  const document = record("a", "DA:1,5", "DA:1,0", "DA:2,0,Qf0p2eFWKe0af6dUgPI8ug");
  assert.deepEqual(await lines(document), { a: { 1: 1, 2: 0 } });
});

Deno.test("LCOV: hits as tools write them", async () => {
  const written = ["-1", "1e6", "18446744073709551615", "1.0", "0"];
  const document = record("a", ...written.map((hits, at) => `DA:${at + 1},${hits}`));
  assert.deepEqual(await lines(document), { a: { 1: 0, 2: 1, 3: 1, 4: 1, 5: 0 } });
  assert.match(await refusal(record("a", "DA:1,x")), /hits "x"/);
});

Deno.test("LCOV: Windows paths and line ends, comments, a byte order mark, no end of the last record", async () => {
  const text =
    "\ufeff# made by a tool\nTN:\n\nSF:C:\\src\\a.c\nDA:1,1\nVER:2\nFN:1,f\nBRDA:1,0,0,-\n" +
    "end_of_record\n#\nSF:src\\b.c\nDA:7,0";
  const expected = { "C:/src/a.c": { 1: 1 }, "src/b.c": { 7: 0 } };
  assert.deepEqual(await lines(text), expected);
  assert.deepEqual(await lines(text.replaceAll("\n", "\r\n")), expected);
});

Deno.test("LCOV: names of another encoding are not confused with each other", async () => {
  const latin1 = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
  const document = record("gr\u00f6\u00dfe.c", "DA:1,1") + record("gr\u00fc\u00dfe.c", "DA:1,0");
  const expected = { "gr\u00f6\u00dfe.c": { 1: 1 }, "gr\u00fc\u00dfe.c": { 1: 0 } };
  assert.deepEqual(await lines(latin1(document)), expected);
  assert.deepEqual(await lines(document), expected);
  const utf16 = new Uint8Array(2 + document.length * 2);
  new DataView(utf16.buffer).setUint16(0, 0xfeff, true);
  [...document].forEach((char, at) => {
    new DataView(utf16.buffer).setUint16(2 + at * 2, char.charCodeAt(0), true);
  });
  assert.deepEqual(await lines(utf16), expected);
});

Deno.test("LCOV: what is not LCOV is refused with its line", async () => {
  assert.match(await refusal("TN:\nDA:1,1\n"), /not LCOV: line 2 is of no file/);
  assert.match(await refusal("SF:a\nDA:1,1\nhello\n"), /not LCOV: line 3 is "hello"/);
  assert.match(await refusal("SF:a\nDA:x,1\n"), /not LCOV: line 2 is "DA:x,1"/);
  assert.match(await refusal("SF:a\nDA:4294967296,1\n"), /line number 4294967296/);
  assert.match(await refusal("TN:\n"), /0 of 0 lines/);
});

Deno.test("Go: statements of distinct blocks count, hit if any package hit them", async () => {
  const profile = "mode: set\nexample.org/a/a.go:3.10,5.2 2 0\nexample.org/a/a.go:7.1,7.9 1 0\n" +
    "mode: set\nexample.org/a/a.go:3.10,5.2 2 1\nexample.org/b.go:1.1,1.2 3 0\n";
  assert.equal(await counted(profile), "2/6 go-statements");
  assert.deepEqual(await lines(profile), {
    "example.org/a/a.go": { 3: 1, 4: 1, 5: 1, 7: 0 },
    "example.org/b.go": { 1: 0 },
  });
  assert.equal(await counted(profile.replaceAll("\n", "\r\n")), "2/6 go-statements");
});

Deno.test("Go: blocks that share a start, far columns, empty blocks", async () => {
  const profile = "mode: count\na.go:1.1,2.2 1 1\na.go:1.1,3.2 1 0\na.go:9.3000,400000.1 1 0\n" +
    "a.go:9.3000,9.3001 0 0\n";
  assert.match(await refusal(profile), /a block of 399992 lines/);
  assert.equal(await counted(profile.replace("400000", "9999")), "1/3 go-statements");
  assert.match(await refusal("mode: atomic\na.go:1.1,2.2 0 1\n"), /0 of 0/);
  assert.match(await refusal("mode: set\na.go:1.1 1\n"), /not a Go cover profile: line 2/);
});
