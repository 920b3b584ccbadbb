// The coverage file is read while the rest of the archive is still being unpacked.
import assert from "node:assert/strict";
import { readCoverage } from "../../src/formats/read_coverage.ts";
import { cobertura, type Entry, goodReport, tar } from "../support/archive.ts";
import { testApp } from "../support/app.ts";
import { storedReports } from "../support/reports.ts";

/** Larger than what is written to the disk in one call. */
const LARGE = 1.5 * 1024 * 1024;

function large(covered: number, valid: number): string {
  return cobertura(covered, valid).replace("<packages/>", (tag) => tag.repeat(LARGE / tag.length));
}

/** The published `@std/tar` holds back the last kilobyte that has come. */
const NEXT: Entry = { name: "report/next.html", content: "next".repeat(1024) };

/** An archive whose second part comes when it is asked to; a refused one is `cancelled` before it ends. */
function inTwoParts(first: readonly Entry[], second: readonly Entry[], { refused = false } = {}) {
  const sendRest = Promise.withResolvers<void>();
  const cancelled = Promise.withResolvers<void>();
  let isFirst = true;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      if (isFirst) {
        isFirst = false;
        return controller.enqueue(tar(first, { end: false }));
      }
      await sendRest.promise;
      controller.enqueue(tar(second));
      if (!refused) controller.close();
    },
    cancel: () => cancelled.resolve(),
  }, { highWaterMark: 0 });
  return { body, sendRest: sendRest.resolve, cancelled: cancelled.promise };
}

Deno.test("a coverage file is read before the archive has ended", async () => {
  const archive = inTwoParts(
    goodReport([NEXT]),
    [{ name: "report/last.html", content: "last" }],
  );
  await using test = await testApp({
    limits: { uploadSeconds: 5 }, // for when it is not: the rest would never come
    readCoverage: async (bytes) => {
      const coverage = await readCoverage(bytes);
      archive.sendRest();
      return coverage;
    },
  });
  const response = await test.upload(archive.body);
  assert.equal(response.status, 200);
  const { coverage } = await response.json();
  assert.equal(coverage.percentage, 75);
});

Deno.test("of a coverage file that the archive has twice, the last one counts", async () => {
  const name = "report/coverage.xml";
  const [small, other] = [cobertura(1, 4), large(1, 2)];
  for (
    const [contents, percentage] of [
      [[small, other], 50],
      [[other, small], 25],
      [["no XML at all", other, small], 25],
      [[large(1, 5), other], 50],
    ] as const
  ) {
    await using test = await testApp();
    const response = await test.upload(
      tar(goodReport(contents.map((content) => ({ name, content })))),
    );
    const { coverage } = await response.json();
    assert.equal(coverage?.percentage, percentage);
  }
});

Deno.test("a coverage file that is not the one meant does not count, broken or not", async () => {
  await using test = await testApp();
  const response = await test.upload(tar([
    { name: "report/deep/er/coverage.xml", content: "<broken" },
    { name: "report/deep/coverage.xml", content: large(1, 2) },
    ...goodReport(),
  ]));
  assert.equal((await response.json()).coverage.percentage, 75);
});

Deno.test("when an archive is refused, its coverage file is read no further", async () => {
  const archive = inTwoParts(
    [{ name: "coverage.xml", content: large(1, 2) }, NEXT],
    [{ name: "../escapes", content: "" }],
    { refused: true },
  );
  let chunks = 0;
  const stopped = Promise.withResolvers<unknown>();
  await using test = await testApp({
    readCoverage: async (bytes) => {
      try {
        for await (const _ of bytes) {
          archive.sendRest();
          await archive.cancelled;
          chunks++;
          await new Promise((resolve) => setTimeout(resolve));
        }
      } catch (error) {
        stopped.resolve(error);
        throw error;
      }
      stopped.resolve(undefined);
      throw new Error("All of it was read");
    },
  });
  const response = await test.upload(archive.body);
  assert.equal(response.status, 422);
  assert.match((await response.json()).error, /unsafe entry/);
  assert.equal((await stopped.promise as Error | undefined)?.name, "AbortError");
  assert(chunks > 0);
  assert.deepEqual(await storedReports(test.reports), { published: [], staged: [] });
});
