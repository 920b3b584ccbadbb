import assert from "node:assert/strict";
import fc from "fast-check";
import { CoverageError } from "../../src/formats/coverage.ts";
import { DocumentMemory, LineCollector } from "../../src/formats/line_collector.ts";
import { decodeLines, type FileLines, totalsOf, uncoveredRanges } from "../../src/formats/lines.ts";
import { unite, uniteCoverage } from "../../src/formats/union.ts";
import { encodeLines, parse } from "./read.ts";

function file(path: string, lines: Record<number, number>): FileLines {
  return {
    path,
    lines: Uint32Array.from(Object.keys(lines).map(Number)),
    covered: Uint8Array.from(Object.values(lines)),
  };
}

/** Lines as they may be added: of few files and few lines, or far apart, in any order. */
const additions = fc.array(
  fc.record({
    path: fc.constantFrom("a", "b", "c/ä"),
    line: fc.oneof(fc.nat(50), fc.nat(2 ** 31 - 1)),
    hits: fc.oneof(fc.nat(2), fc.nat(2 ** 32 - 1)),
  }),
  { maxLength: 200 },
);
type Addition = { path: string; line: number; hits: number };

/** Each line once, hit if it was ever hit, with the simplest means. */
function expected(added: Addition[]): FileLines[] {
  const files = new Map<string, Map<number, number>>();
  for (const { path, line, hits } of added) {
    if (!files.has(path)) files.set(path, new Map());
    const lines = files.get(path)!;
    lines.set(line, Math.max(Math.min(hits, 1), lines.get(line) ?? 0));
  }
  return [...files].map(([path, lines]) => {
    const sorted = [...lines].sort(([one], [other]) => one - other);
    return {
      path,
      lines: Uint32Array.from(sorted.map(([line]) => line)),
      covered: Uint8Array.from(sorted.map(([, covered]) => covered)),
    };
  });
}

Deno.test("lines added in any order come back united and sorted", () => {
  fc.assert(fc.property(additions, (added) => {
    const collector = new LineCollector();
    let path: string | undefined;
    for (const { path: next, line, hits } of added) {
      if (next !== path) collector.begin(path = next);
      collector.add(line, hits);
    }
    const { encoded, covered, valid } = collector.finish();
    const files = expected(added);
    if (files.length === 0) return assert.equal(encoded, null);
    assert.deepEqual(decodeLines(encoded!), files);
    assert.deepEqual({ covered, valid }, totalsOf(files));
  }));
});

Deno.test("the union is the same in any order", () => {
  fc.assert(fc.property(additions, additions, (one, other) => {
    const parts = [one, other].filter(({ length }) => length > 0)
      .map((added) => encodeLines(expected(added)));
    if (parts.length === 0) return;
    const files = expected([...one, ...other]);
    for (const encoded of [parts, parts.toReversed()]) {
      const { total, lines } = unite(encoded, "x");
      assert.deepEqual(totalsOf(decodeLines(lines)), totalsOf(files));
      assert.deepEqual(
        decodeLines(lines).toSorted((a, b) => a.path < b.path ? -1 : 1),
        files.toSorted((a, b) => a.path < b.path ? -1 : 1),
      );
      assert.equal(total.linesCovered, totalsOf(files).covered);
    }
  }));
});

Deno.test("files of many lines are united, in any order", () => {
  const numbers = Array.from({ length: 200_000 }, (_, at) => at);
  for (const order of [numbers, numbers.toReversed(), [...numbers, ...numbers]]) {
    const collector = new LineCollector();
    collector.begin("a");
    for (const line of order) collector.add(line, line % 3);
    const { encoded, covered, valid } = collector.finish();
    assert.deepEqual([covered, valid], [133_333, 200_000]);
    assert.deepEqual(decodeLines(encoded!)[0]!.lines, Uint32Array.from(numbers));
  }
});

/** A document's memory with a quarter left, which takes fewer lines to fill. */
function almostFull(): DocumentMemory {
  const memory = new DocumentMemory();
  memory.hold(48 * 1024 * 1024);
  return memory;
}

Deno.test("repeated lines take no more memory", () => {
  using memory = almostFull();
  const collector = new LineCollector(memory);
  for (let round = 0; round < 60; round++) {
    collector.begin(round % 2 === 0 ? "a" : "b");
    for (let line = 0; line < 100_000; line++) collector.add(line * 100, (line + round) % 2);
  }
  for (let record = 0; record < 500_000; record++) {
    collector.begin("c");
    collector.add(1, 1);
  }
  const { valid } = collector.finish();
  assert.equal(valid, 200_001);
});

Deno.test("a file whose lines are in no order is refused before it takes long", () => {
  const collector = new LineCollector();
  collector.begin("a");
  let line = 1;
  assert.throws(() => {
    for (let at = 0; at < 200_000; at++) collector.add(line = line * 48_271 % 2_147_483_647, 1);
  }, /lines are in no order/);
});

Deno.test("a document that adds too many lines is refused, the same ones too", () => {
  const collector = new LineCollector();
  collector.begin("a");
  // As blocks of 100,000 lines in a Go profile of a few kilobytes do.
  assert.throws(() => {
    for (let added = 0; added < 200_000_000; added++) collector.add(added % 100_000, 1);
  }, /has more than 100000000 lines/);
});

Deno.test("a document with more lines than fit in memory is refused", () => {
  using memory = almostFull();
  const collector = new LineCollector(memory);
  assert.throws(() => {
    for (let file = 0; file < 150; file++) {
      collector.begin(`${file}`);
      for (let line = 0; line < 60_000; line++) collector.add(line * 1000, line % 2);
    }
  }, /takes more than \d+ bytes of memory/);
  using other = new DocumentMemory();
  assert.throws(() => new LineCollector(other).begin("x".repeat(70_000_000)), CoverageError);
});

Deno.test("functions and groups of a file take memory as well", () => {
  const adding = [
    (collector: LineCollector) => collector.addFunction("FN:1,main"),
    (collector: LineCollector) => collector.begin("a", 1),
  ];
  for (const add of adding) {
    using memory = new DocumentMemory();
    const collector = new LineCollector(memory);
    collector.begin("a");
    assert.throws(() => memory.hold(64 * 1024 * 1024), CoverageError); // nothing is left
    assert.throws(() => add(collector), CoverageError);
  }
});

Deno.test("100,000 lines take at most 25 kB", () => {
  let seed = 1;
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  const files = Array.from({ length: 400 }, (_, at): FileLines => {
    const lines = new Uint32Array(250), covered = new Uint8Array(250);
    let line = 1, isHit = 0;
    for (let place = 0; place < 250; place++) {
      line += random(4) > 0 ? 1 : 1 + random(6);
      if (random(8) === 0) isHit = random(2);
      lines[place] = line;
      covered[place] = isHit;
    }
    return { path: `packages/module-${at % 20}/src/component_${at}.ts`, lines, covered };
  });
  const { byteLength } = encodeLines(files);
  assert(byteLength <= 25_000, `${byteLength} bytes`);
});

Deno.test("uncovered ranges span lines without code", () => {
  const ranges = (lines: Record<number, number>) => uncoveredRanges(file("a", lines));
  assert.equal(ranges({ 12: 0, 14: 0, 18: 0, 19: 1, 40: 0, 41: 1 }), "12-18,40");
  assert.equal(ranges({ 1: 1, 2: 1 }), "");
  assert.equal(ranges({ 0: 0 }), "0");
});

Deno.test("several coverage files are one union; a summary has no lines for it", async () => {
  const lcov = (path: string, ...hits: number[]) =>
    parse(`SF:${path}\n${hits.map((hit, at) => `DA:${at + 1},${hit}\n`).join("")}LF:9\nLH:9\n`);
  const go = await parse("mode: set\nb:1.1,2.1 5 1\n");
  const [one, two] = await Promise.all([lcov("a", 1, 0, 0), lcov("a", 0, 0, 2)]);
  assert.deepEqual(uniteCoverage([one]), one);
  const united = uniteCoverage([one, two]);
  assert.deepEqual(
    [united.total.linesCovered, united.total.linesValid, united.total.format],
    [2, 3, "lcov"],
  );
  assert.equal(uniteCoverage([one, go]).total.format, "union");
  assert.equal(uniteCoverage([go, go]).total.format, "go");
  assert.equal(uniteCoverage([go, go]).total.linesValid, 2);
  const summary = await parse(`<coverage lines-valid="3" lines-covered="1"/>`);
  assert.throws(
    () => uniteCoverage([one, summary]),
    /summary without lines \(cobertura\), which cannot be united/,
  );
});

Deno.test("bytes that are not encoded lines are refused", () => {
  const encoded = encodeLines([file("a", { 1: 1, 2: 0 })]);
  assert.throws(() => decodeLines(encoded.subarray(0, -4)));
  assert.throws(() => decodeLines(new Uint8Array([1, 2, 3, 4, 5])));
});
