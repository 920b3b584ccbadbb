import assert from "node:assert/strict";
import { formats } from "../../src/formats/registry.ts";
import type { CoverageFormat } from "../../src/formats/format.ts";
import { readCoverage } from "../../src/formats/read_coverage.ts";
import { readArchive } from "../../src/archive/read_archive.ts";
import { readArchiveFile, samples } from "../support/test_data.ts";

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

function read(bytes: Uint8Array<ArrayBuffer>, among: readonly CoverageFormat[] = formats) {
  return readCoverage(new Blob([bytes]).stream(), among);
}

Deno.test("every sample is read to the number that its tool printed", async () => {
  const all = await documents();
  assert(all.length >= 35);
  for (const { sample, bytes } of all) {
    const name = `${sample.archive}: ${sample.coverage_file}`;
    if (sample.format === "malformed") {
      await assert.rejects(read(bytes), /not well-formed XML.*line \d+, column \d+/, name);
    } else if (sample.lines_valid === 0) {
      await assert.rejects(read(bytes), /0 of 0 lines/, name);
    } else {
      assert.deepEqual(await read(bytes), {
        percentage: sample.percentage,
        linesCovered: sample.lines_covered,
        linesValid: sample.lines_valid,
        format: sample.format,
      }, name);
    }
  }
});

Deno.test("every format refuses the samples of the others", async () => {
  for (const { sample, bytes } of await documents()) {
    if (Number.isNaN(sample.percentage)) continue;
    for (const format of formats) {
      if (sample.format.startsWith(format.name)) {
        assert((await read(bytes, [format])).format.startsWith(format.name));
      } else {
        await assert.rejects(read(bytes, [format]), /of no known format/, format.name);
      }
    }
  }
});
