import assert from "node:assert/strict";
import {
  assertValidPath,
  TarStream,
  type TarStreamEntry,
  type TarStreamInput,
  UntarStream,
} from "@std/tar";
import { concat, header, pax, tar } from "../support/archive.ts";

async function entriesOf(
  bytes: Uint8Array<ArrayBuffer>,
  chunkSize = 1000,
): Promise<{ path: string; typeflag: string; body: string | undefined }[]> {
  const entries = [];
  for await (const entry of untar(bytes, chunkSize)) {
    const body = entry.readable && await new Response(entry.readable).text();
    entries.push({ path: entry.path, typeflag: entry.header.typeflag, body });
  }
  return entries;
}

function untar(bytes: Uint8Array<ArrayBuffer>, chunkSize = 1000): ReadableStream<TarStreamEntry> {
  const chunks = [];
  for (let at = 0; at < bytes.length; at += chunkSize) chunks.push(bytes.slice(at, at + chunkSize));
  return ReadableStream.from(chunks).pipeThrough(new UntarStream());
}

Deno.test("UntarStream yields files and folders in order, with their bodies", async () => {
  const bytes = tar([
    { name: "a/", type: "5" },
    { name: "a/one.txt", content: "first" },
    { name: "a/empty.txt" },
    { name: "a/two.txt", content: "x".repeat(1500) },
  ]);
  for (const chunkSize of [7, 512, 1000, 100_000]) {
    assert.deepEqual(await entriesOf(bytes, chunkSize), [
      { path: "a/", typeflag: "5", body: undefined },
      { path: "a/one.txt", typeflag: "0", body: "first" },
      { path: "a/empty.txt", typeflag: "0", body: "" },
      { path: "a/two.txt", typeflag: "0", body: "x".repeat(1500) },
    ]);
  }
});

Deno.test("UntarStream yields long names and pax headers as entries", async () => {
  const name = "d/".repeat(60) + "file";
  const entries = await entriesOf(tar([
    { name, content: "1" },
    pax({ path: "other" }),
    { name: "short", content: "2" },
    pax({ comment: "all" }, "g"),
  ]));
  assert.deepEqual(entries.map(({ typeflag }) => typeflag), ["L", "0", "x", "0", "g"]);
  assert.equal(entries[0]!.body, `${name}\0`);
  assert.equal(entries[2]!.body, "14 path=other\n");
  assert.equal(entries[3]!.path, "short");
});

Deno.test("UntarStream yields links and devices without a body", async () => {
  const types = ["1", "2", "3", "4", "6"];
  const entries = await entriesOf(
    tar(types.map((type) => ({ name: `n${type}`, type, linkName: "/etc" }))),
  );
  assert.deepEqual(entries.map(({ typeflag }) => typeflag), types);
  assert.deepEqual(entries.map(({ body }) => body), types.map(() => undefined));
});

Deno.test("UntarStream yields the NUL type of an old archive as 0", async () => {
  const [entry] = await entriesOf(tar([{ name: "old", content: "x", type: "\0" }]));
  assert.deepEqual(entry, { path: "old", typeflag: "0", body: "x" });
});

Deno.test("UntarStream yields NaN and no body for a size that is not a number", async () => {
  const entries = [];
  for await (const entry of untar(tar([{ name: "a", size: NaN }, { name: "b" }]))) {
    entries.push([entry.path, entry.header.size, await new Response(entry.readable).text()]);
  }
  assert.deepEqual(entries, [["a", NaN, ""], ["b", 0, ""]]);
});

Deno.test("UntarStream continues after a cancelled body", async () => {
  const paths = [];
  for await (
    const entry of untar(tar([{ name: "a", content: "x".repeat(5000) }, { name: "b" }]))
  ) {
    paths.push(entry.path);
    await entry.readable?.cancel();
  }
  assert.deepEqual(paths, ["a", "b"]);
});

Deno.test("UntarStream fails for an incomplete archive", async () => {
  const good = tar([{ name: "a", content: "x".repeat(2000) }, { name: "b", content: "y" }]);
  const wrongChecksum = good.slice();
  wrongChecksum[0]! ^= 1;
  const cases: Record<string, Uint8Array<ArrayBuffer>> = {
    "cut in a header": good.slice(0, 300),
    "cut in a body": good.slice(0, 1100),
    "without its end": tar([{ name: "a", content: "x" }], { end: false }),
    "with a wrong checksum": wrongChecksum,
    "not a tar": new TextEncoder().encode("hello ".repeat(500)),
    "with a size beyond its end": concat([
      header({ name: "a", size: 100_000 }),
      new Uint8Array(2048),
    ]),
  };
  for (const [name, bytes] of Object.entries(cases)) {
    await assert.rejects(entriesOf(bytes), Error, name);
  }
});

Deno.test("UntarStream fails when its source fails", async () => {
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      controller.enqueue(header({ name: "a", size: 5000 }));
    },
    pull(controller) {
      controller.error(new TypeError("gone"));
    },
  });
  await assert.rejects(async () => {
    for await (const entry of source.pipeThrough(new UntarStream())) {
      await new Response(entry.readable).bytes();
    }
  }, { message: "gone" });
});

/** Paths at the limits of ustar: a name of 100 bytes, and a folder of 155 before it. */
const PATHS = ["a", "b".repeat(100), `${"c".repeat(155)}/${"d".repeat(99)}`, "é/ü".repeat(30)];

Deno.test("TarStream packs files that UntarStream reads", async () => {
  const contents = ["", "x".repeat(512), "y".repeat(100_001), "z"];
  const files = PATHS.map((path, at): TarStreamInput => {
    const content = new Blob([contents[at]!]);
    return { type: "file", path, size: content.size, readable: content.stream() };
  });
  const bytes = await new Response(
    ReadableStream.from(files).pipeThrough(new TarStream()) as ReadableStream<
      Uint8Array<ArrayBuffer>
    >,
  ).bytes();
  assert.equal(bytes.length % 512, 0);
  const expected = PATHS.map((path, at) => ({ path, typeflag: "0", body: contents[at] }));
  assert.deepEqual(await entriesOf(bytes), expected);
});

Deno.test("TarStream refuses a path without room in a header, and a file of another size", async () => {
  PATHS.forEach(assertValidPath);
  for (const path of ["b".repeat(102), `${"c".repeat(157)}/d`, "e/".repeat(130)]) {
    assert.throws(() => assertValidPath(path), Error);
  }
  const file = { type: "file", path: "a", size: 5, readable: new Blob(["six"]).stream() } as const;
  const archive = ReadableStream.from<TarStreamInput>([file]).pipeThrough(new TarStream());
  await assert.rejects(Array.fromAsync(archive), RangeError);
});
