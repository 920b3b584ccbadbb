import assert from "node:assert/strict";
import fc from "fast-check";
import { CoverageError } from "../../src/formats/coverage.ts";
import { decodeLines, uncoveredRanges } from "../../src/formats/lines.ts";
import { formats } from "../../src/formats/formats.ts";
import type { CoverageFormat } from "../../src/formats/format.ts";
import { readCoverage } from "../../src/formats/read_coverage.ts";
import { readArchive } from "../../src/archive/read_archive.ts";
import { readArchiveFile, samples } from "../support/test_data.ts";

import { parse } from "./read.ts";

const limits = { maxReportBytes: 100_000_000, maxReportFiles: 10_000 };

/** Each coverage file of `test_data/` with what its tool said of it. */
async function documents() {
  const found = [];
  for (const sample of await samples()) {
    const body = new Blob([await readArchiveFile(sample.archive)]).stream();
    for await (const entry of readArchive(body, limits)) {
      if (entry.kind !== "file") continue;
      const bytes = await entry.whole();
      if (entry.path === sample.coverage_file) found.push({ sample, bytes });
    }
  }
  return found;
}

async function read(bytes: Uint8Array<ArrayBuffer>, format: CoverageFormat) {
  return (await readCoverage(new Blob([bytes]).stream(), { formats: [format] })).total;
}

Deno.test("every format refuses the samples of the others", async () => {
  const all = await documents();
  assert(all.length >= 70);
  for (const { sample, bytes } of all) {
    if (Number.isNaN(sample.percentage)) continue;
    const own = sample.format.replace(/-(?:instruction|statements)$/, "");
    for (const format of formats) {
      if (own === format.name) {
        assert.equal((await read(bytes, format)).format, sample.format);
      } else {
        await assert.rejects(read(bytes, format), /of no known format/, format.name);
      }
    }
  }
});

Deno.test("reports of one run have the same lines in every format", async () => {
  const runs: [archive: string, files: string[]][] = [
    ["js-nyc-gnu.tar.gz", [
      "clover.xml",
      "cobertura-coverage.xml",
      "lcov.info",
      "coverage-final.json",
    ]],
    ["c-gcovr-gnu.tar.gz", ["cobertura.xml", "sonarqube.xml", "coverage.json"]],
    ["rust-gnu.tar.gz", ["llvm-cov.json", "lcov.info"]],
    ["python-gnu.tar.gz", ["coverage.json", "coverage.lcov"]],
  ];
  const all = await documents();
  for (const [archive, files] of runs) {
    const [first, ...others] = await Promise.all(files.map(async (file) => {
      const { bytes } = all.find(({ sample }) =>
        sample.archive === archive && sample.coverage_file.endsWith(`/${file}`)
      )!;
      const { lines } = await readCoverage(new Blob([bytes]).stream());
      return decodeLines(lines!)
        .filter(({ lines }) => lines.length > 0)
        .map((file) => `${file.path.split("/").at(-1)} ${file.lines}: ${uncoveredRanges(file)}`)
        .sort();
    }));
    for (const other of others) assert.deepEqual(other, first, archive);
  }
});

Deno.test("a mutated document is either read or refused", async () => {
  const all = await documents();
  // One of each format, so that all of them get their share.
  const kinds = [...new Map(all.map(({ sample, bytes }) => [sample.format, bytes])).values()];
  const splice = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.oneof(fc.nat(3), fc.nat(300)),
    insert: fc.oneof(
      fc.uint8Array({ maxLength: 4 }),
      fc.constantFrom(
        "<",
        ">",
        '"',
        "{",
        "[",
        "]",
        "}",
        ",",
        "\n",
        "-1",
        "1e99",
        "99999999999",
        "null",
      )
        .map((text) => new TextEncoder().encode(text)),
    ),
  });
  const input = fc.record({
    document: fc.constantFrom(...kinds),
    splices: fc.array(splice, { minLength: 1, maxLength: 4 }),
    chunkSize: fc.constantFrom(7, 100, 5000, 1_000_000),
  });
  await fc.assert(
    fc.asyncProperty(input, async ({ document, splices, chunkSize }) => {
      let bytes: number[] = [...document];
      for (const { at, remove, insert } of splices) {
        bytes = bytes.toSpliced(Math.floor(at * bytes.length), remove, ...insert);
      }
      const outcome = await parse(Uint8Array.from(bytes), chunkSize).catch((error) => error);
      if (outcome instanceof Error) {
        assert(outcome instanceof CoverageError, outcome.stack);
        return;
      }
      const { percentage, linesCovered, linesValid } = outcome.total;
      assert(percentage >= 0 && percentage <= 100);
      if (linesValid !== null) assert(linesCovered! >= 0 && linesCovered! <= linesValid);
      if (outcome.lines) decodeLines(outcome.lines);
    }),
    { numRuns: 400 },
  );
});
