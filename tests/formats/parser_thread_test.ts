import assert from "node:assert/strict";
import { CoverageError } from "../../src/formats/coverage.ts";
import { CoverageThread } from "../../src/formats/parser_thread.ts";
import { cobertura } from "../support/archive.ts";

const encoder = new TextEncoder();

function bytes(...texts: string[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  return ReadableStream.from(texts.map((text) => encoder.encode(text)));
}

Deno.test("CoverageThread reads several documents at once", async () => {
  using thread = new CoverageThread();
  const totals = await Promise.all(
    [1, 2, 3, 4].map((covered) => thread.read(bytes(...cobertura(covered, 4)))),
  );
  assert.deepEqual(totals.map(({ percentage }) => percentage), [25, 50, 75, 100]);
});

Deno.test("CoverageThread throws what reading here would throw, and goes on", async () => {
  using thread = new CoverageThread();
  await assert.rejects(thread.read(bytes("<coverage line-rate='1'>", "</b>")), (error) => {
    assert(error instanceof CoverageError);
    assert.match(error.message, /not well-formed XML.*line 1, column \d+/);
    return true;
  });
  // Refused by its first tag, with more of it to come than may wait.
  const more = ReadableStream.from((function* () {
    yield encoder.encode("<html>");
    for (let count = 0; count < 40; count++) {
      yield encoder.encode(`<p>${"x".repeat(1_000_000)}</p>`);
    }
  })());
  await assert.rejects(thread.read(more), /of no known format/);
  assert.equal((await thread.read(bytes(cobertura(1, 2)))).percentage, 50);
});

Deno.test("CoverageThread outlives a document that is refused while more of it arrives", async () => {
  using thread = new CoverageThread();
  const attributes = Array.from({ length: 300 }, (_, at) => `a${at}=""`).join(" ");
  const text = `<coverage line-rate="1" ${attributes}>`.padEnd(20_000);
  for (const size of [16, 64, 512, 1024]) {
    const pieces = Array.from(
      { length: text.length / size },
      (_, at) => text.slice(at * size, (at + 1) * size),
    );
    await assert.rejects(thread.read(bytes(...pieces)), CoverageError, `pieces of ${size}`);
  }
});

Deno.test("CoverageThread refuses a document of which another piece comes after the refusal", async () => {
  using thread = new CoverageThread();
  const refused = Promise.withResolvers<void>();
  let pieces = 0;
  const source = {
    async next() {
      if (pieces++ > 0) await refused.promise;
      return { done: false, value: encoder.encode("<html>".padEnd(20_000)) };
    },
    return: () => Promise.resolve({ done: true, value: refused.resolve() }),
  } as AsyncIterator<Uint8Array<ArrayBuffer>>;
  await assert.rejects(thread.read({ [Symbol.asyncIterator]: () => source }), CoverageError);
});

Deno.test("CoverageThread passes the source's failure on, and goes on", async () => {
  using thread = new CoverageThread();
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => controller.enqueue(encoder.encode("<coverage line-rate='1'>")),
    pull: (controller) => controller.error(new TypeError("client gone")),
  });
  await assert.rejects(thread.read(source), { message: "client gone" });
  assert.equal((await thread.read(bytes(cobertura(1, 2)))).percentage, 50);
});

Deno.test("CoverageThread keeps no more of a large document than may wait", async () => {
  using thread = new CoverageThread();
  const piece = encoder.encode(`<line number="1" hits="1"/>`.repeat(4000));
  const source = ReadableStream.from((function* () {
    yield encoder.encode(`<coverage line-rate="1" lines-valid="9" lines-covered="9">`);
    for (let count = 0; count < 300; count++) yield piece; // 32 MB, twice what may wait
    yield encoder.encode("</coverage>");
  })());
  assert.equal((await thread.read(source)).percentage, 100);
});
