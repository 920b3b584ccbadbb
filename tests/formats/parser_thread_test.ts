import assert from "node:assert/strict";
import { CoverageError } from "../../src/formats/coverage.ts";
import { CoverageThread } from "../../src/formats/parser_thread.ts";
import { decodeLines, uncoveredRanges } from "../../src/formats/lines.ts";
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
  assert.deepEqual(totals.map(({ total }) => total.percentage), [25, 50, 75, 100]);
});

Deno.test("CoverageThread throws the reader's errors, and keeps working", async () => {
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
  assert.equal((await thread.read(bytes(cobertura(1, 2)))).total.percentage, 50);
});

Deno.test("CoverageThread survives a document that is refused before all of it has arrived", async () => {
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

Deno.test("CoverageThread ignores pieces that arrive after a refusal", async () => {
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

Deno.test("CoverageThread passes on errors of the source, and keeps working", async () => {
  using thread = new CoverageThread();
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => controller.enqueue(encoder.encode("<coverage line-rate='1'>")),
    pull: (controller) => controller.error(new TypeError("client gone")),
  });
  await assert.rejects(thread.read(source), { message: "client gone" });
  assert.equal((await thread.read(bytes(cobertura(1, 2)))).total.percentage, 50);
});

Deno.test("CoverageThread buffers only a bounded part of a document", async () => {
  using thread = new CoverageThread();
  const piece = encoder.encode(`<line number="1" hits="1"/>`.repeat(4000));
  let pulled = 0;
  const source = ReadableStream.from((function* () {
    yield encoder.encode(`<coverage line-rate="1">`);
    for (let count = 0; count < 20; count++) yield piece;
    yield encoder.encode("</mistake>");
    for (; pulled < 1000; pulled++) yield piece; // 100 MB, none of which is needed
  })());
  await assert.rejects(thread.read(source), /not well-formed XML/);
  assert(pulled < 100, `${pulled} pieces were read ahead`);
});

Deno.test("CoverageThread has the size limit it is given", async () => {
  using thread = new CoverageThread({ maxCoverageBytes: 100 });
  await assert.rejects(thread.read(bytes("x".repeat(101))), /is larger than 100 bytes/);
});

Deno.test("CoverageThread returns the lines too", async () => {
  using thread = new CoverageThread();
  const { lines } = await thread.read(bytes("SF:a\nDA:1,1\n", "DA:2,0\n"));
  assert.equal(uncoveredRanges(decodeLines(lines!)[0]!), "2");
});
