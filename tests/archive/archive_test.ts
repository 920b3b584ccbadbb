import assert from "node:assert/strict";
import { HttpError } from "../../src/errors.ts";
import { readArchive } from "../../src/archive/read_archive.ts";
import { concat, type Entry, goodReport, gzip, pax, tar } from "../support/archive.ts";

const limits = { maxReportBytes: 1_000_000, maxReportFiles: 100 };

type Read = { path: string; kind: string; body?: string };

async function read(
  archive: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>>,
  options: Partial<typeof limits> = {},
): Promise<Read[]> {
  const entries: Read[] = [];
  const source = archive instanceof Uint8Array ? new Blob([archive]).stream() : archive;
  for await (const entry of readArchive(source, { ...limits, ...options })) {
    const { path, kind } = entry;
    if (entry.kind !== "file") entries.push({ path, kind });
    else entries.push({ path, kind, body: new TextDecoder().decode(await entry.whole()) });
  }
  return entries;
}

async function refusal(
  bytes: Uint8Array<ArrayBuffer>,
  options?: Partial<typeof limits>,
): Promise<{ status: number; message: string }> {
  const error = await read(bytes, options).then(() => undefined, (error) => error);
  assert(error instanceof HttpError, String(error));
  return { status: error.status, message: error.message };
}

Deno.test("readArchive recognizes a tar, gzipped or plain, by its first bytes", async () => {
  const bytes = tar([{ name: "./a/", type: "5" }, { name: "./a/b", content: "x" }]);
  const expected = [{ path: "a", kind: "folder" }, { path: "a/b", kind: "file", body: "x" }];
  assert.deepEqual(await read(bytes), expected);
  assert.deepEqual(await read(await gzip(bytes)), expected);
  const pieces = ReadableStream.from(Array.from(bytes, (byte) => Uint8Array.of(byte)));
  assert.deepEqual(await read(pieces), expected, "in pieces of any size");
});

Deno.test("readArchive resolves GNU long names and pax headers, and forgets them afterwards", async () => {
  const long = `${"folder-name/".repeat(25)}file.html`;
  const entries = await read(tar([
    { name: long, content: "1" },
    { name: "././@LongLink", type: "K", content: "a link's target\0" },
    { name: "short", content: "2" },
    pax({ comment: "for all" }, "g"),
    pax({ path: "größe/日本.html", mtime: "1.5", "SCHILY.xattr.user.x": "a\nb=c" }),
    { name: "cut", content: "3" },
    { name: "plain", content: "4" },
    pax({ path: "folder" }),
    { name: "x", type: "5" },
  ]));
  assert.deepEqual(entries.map(({ path, body }) => [path, body]), [
    [long, "1"],
    ["short", "2"],
    ["größe/日本.html", "3"],
    ["plain", "4"],
    ["folder", undefined],
  ]);
});

Deno.test("readArchive accepts old archives' folders, contiguous files and volume labels", async () => {
  const entries = await read(tar([
    { name: "label", type: "V" },
    { name: "old/", type: "0" },
    { name: "contiguous", type: "7", content: "x" },
    { name: "older", type: "\0", content: "y" },
  ]));
  assert.deepEqual(entries, [
    { path: "old", kind: "folder" },
    { path: "contiguous", kind: "file", body: "x" },
    { path: "older", kind: "file", body: "y" },
  ]);
});

Deno.test("readArchive accepts a file named twice and an empty size field, as tar -x does", async () => {
  const long = `${"folder-name/".repeat(12)}coverage.xml`;
  const entries = await read(
    tar([
      { name: "folder/", type: "5", size: NaN },
      { name: "a", content: "1" },
      { name: "./a", type: "1", linkName: "a" },
      { name: long, content: "2" },
      { name: "././@LongLink", type: "K", content: `${long}\0` },
      { name: long, type: "1", linkName: long },
      pax({ path: "größe", linkpath: "größe" }),
      { name: "x", type: "1", linkName: "y" },
    ]),
  );
  assert.deepEqual(entries.map(({ path, body }) => [path, body]), [
    ["folder", undefined],
    ["a", "1"],
    [long, "2"],
  ]);
});

Deno.test("readArchive refuses invalid and incomplete archives with 422", async () => {
  const report = tar(goodReport([{ name: "big", content: "z".repeat(5000) }]));
  const zipped = await gzip(report);
  const brokenCrc = zipped.slice();
  brokenCrc[brokenCrc.length - 6]! ^= 1;
  const wrongChecksum = report.slice();
  wrongChecksum[0]! ^= 1;
  const cases: [bytes: Uint8Array<ArrayBuffer>, message: RegExp][] = [
    [new Uint8Array(0), /0 bytes/],
    [new TextEncoder().encode("<html>not an archive</html>".repeat(100)), /not a whole tar/],
    [new TextEncoder().encode("PK\x03\x04zip"), /is a zip/],
    [new Uint8Array([0x28, 0xb5, 0x2f, 0xfd]), /zstd/],
    [new Uint8Array([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]), /file is a 7z archive/],
    [new Uint8Array([0x04, 0x22, 0x4d, 0x18]), /file is an lz4 file/],
    [await gzip(await gzip(report)), /gzipped twice/],
    [await gzip(new TextEncoder().encode("PK\x03\x04zip")), /gzip holds a zip/],
    [new Uint8Array(10_240), /archive is empty/],
    [await gzip(new Uint8Array(0)), /not a whole tar/],
    [report.slice(0, 3000), /not a whole tar/],
    [wrongChecksum, /not a whole tar/],
    [await gzip(report.slice(0, 3000)), /not a whole tar/],
    [report.slice(0, 2048), /not a whole tar/], // between two entries
    [zipped.slice(0, -20), /gzip of the archive is damaged/],
    [zipped.slice(0, -4), /gzip of the archive is damaged/],
    [brokenCrc, /gzip of the archive is damaged/],
    [concat([zipped, zipped]), /gzip of the archive is damaged/],
  ];
  for (const [bytes, message] of cases) {
    const refused = await refusal(bytes);
    assert.equal(refused.status, 422, String(message));
    assert.match(refused.message, message);
    assert(refused.message.length < 500, "a sentence stays one, however long the names are");
  }
});

Deno.test("readArchive refuses hard links, devices and unknown entry types", async () => {
  const cases: [entry: Entry, what: RegExp][] = [
    [
      { name: "n", type: "1", linkName: "report/index.html" },
      /hard link, "n" to "report\/index.html"; .* --hard-dereference/,
    ],
    [{ name: "n", type: "3" }, /character device/],
    [{ name: "n", type: "4" }, /block device/],
    [{ name: "n", type: "6" }, /FIFO/],
    [{ name: "n", type: "S", content: "x" }, /sparse file, "n".*--no-read-sparse/],
    [{ name: "n", type: "Q", content: "x" }, /unknown type "Q"/],
    [{ name: "../n" }, /contains \.\./],
    [{ name: "/n" }, /absolute/],
    [{ name: "x".repeat(300) }, /300 bytes/],
    [{ name: "./", content: "x", type: "7" }, /empty name/],
  ];
  for (const [entry, what] of cases) {
    const refused = await refusal(tar([entry]));
    assert.equal(refused.status, 422);
    assert.match(refused.message, what);
  }
  assert.deepEqual(await read(tar([{ name: "link", type: "2", linkName: "/etc" }])), [
    { path: "link", kind: "symlink" },
  ]);
});

Deno.test("readArchive refuses names that hide in extended headers", async () => {
  const file = { name: "harmless", content: "x" };
  const longName = (content: string) => ({ name: "././@LongLink", type: "L", content });
  const cases: [entries: Entry[], message: RegExp][] = [
    [[pax({ path: "../../etc/passwd" }), file], /contains \.\./],
    [[pax({ path: "/etc/passwd" }), file], /absolute/],
    [[pax({ path: "a\0b" }), file], /NUL/],
    [[pax({ path: "../x" }, "g"), file], /contains \.\./],
    [[longName("../../x\0"), file], /contains \.\./],
    [[longName("a\0b\0"), file], /NUL/],
    [[pax({ size: "9999" }), file], /two sizes, 1 and "9999"/],
    [
      [
        pax({ "GNU.sparse.major": "1", "GNU.sparse.name": "a/real.xml" }),
        { name: "GNUSparseFile.0/real.xml", content: "x" },
      ],
      /sparse file, "a\/real.xml"/,
    ],
    [[pax({ "GNU.sparse.major": "1", path: "y".repeat(50_000) }), file], /sparse/],
    [[pax({ size: "9".repeat(50_000) }), file], /two sizes/],
    [[{ name: "p", type: "x", content: "99 path=short\n" }, file], /malformed pax/],
    [[{ name: "p", type: "x", content: "no length" }, file], /malformed pax/],
    [[{ name: "p", type: "x", content: "0 a=b\n" }, file], /malformed pax/],
    [Array.from({ length: 20 }, () => pax({ a: "b" })).concat(file), /more than 16/],
    [[{ name: "p", type: "x", content: new Uint8Array(1_100_000) }, file], /1100000 bytes/],
  ];
  for (const [entries, message] of cases) {
    const refused = await refusal(tar(entries), { maxReportBytes: 10_000_000 });
    assert.equal(refused.status, 422, String(message));
    assert.match(refused.message, message);
  }
});

Deno.test("readArchive keeps of extended headers only what it needs", async () => {
  const value = "a".repeat(900_000);
  const entries = Array.from({ length: 12 }, (_, at) => pax({ [`k${at}`]: value }, "g"));
  const all = await read(await gzip(tar([...entries, { name: "a" }])), {
    maxReportBytes: 20_000_000,
  });
  assert.deepEqual(all.map(({ path }) => path), ["a"]);
});

Deno.test("readArchive inflates a gzip bomb no further than the limit needs", async () => {
  const zeros = new Uint8Array(1024 * 1024);
  const bomb = await new Response(
    ReadableStream.from(Array.from({ length: 256 }, () => zeros))
      .pipeThrough(new CompressionStream("gzip")),
  ).bytes();
  const before = Deno.memoryUsage().rss;
  // The 256 KB come in one chunk, as the buffer of a form does.
  const refused = await refusal(bomb);
  const grown = Deno.memoryUsage().rss - before;
  assert.equal(refused.status, 413);
  assert(grown < 128 * zeros.byteLength, `resident memory grew by ${grown} bytes`);
});

Deno.test("readArchive refuses an entry that says it is too large before its content arrives", async () => {
  const header = tar([{ name: "large", size: limits.maxReportBytes + 1 }], { end: false });
  const start = concat([header, new Uint8Array(9000)]);
  const waiting = new ReadableStream({ start: (controller) => controller.enqueue(start) });
  await assert.rejects(
    read(waiting),
    (error) => error instanceof HttpError && error.status === 413,
  );
});

Deno.test("readArchive counts each entry, also of a folder that is there already", async () => {
  const folder = { name: "folder/", type: "5" };
  const folders = (count: number) => tar(Array.from({ length: count }, () => folder));
  assert.equal((await read(folders(limits.maxReportFiles))).length, limits.maxReportFiles);
  assert.equal((await refusal(folders(limits.maxReportFiles + 1))).status, 413);
});

Deno.test("readArchive counts bytes after the end of the archive too", async () => {
  const padded = concat([tar([{ name: "a" }]), new Uint8Array(2_000_000)]);
  assert.equal((await refusal(await gzip(padded))).status, 413);
  assert.deepEqual(await read(concat([tar([{ name: "a" }]), new Uint8Array(9000)])), [
    { path: "a", kind: "file", body: "" },
  ]);
});

Deno.test("readArchive cancels its source when the reader stops", async () => {
  let cancelled = false;
  const bytes = tar(goodReport([{ name: "big", content: "z".repeat(500_000) }]));
  let at = 0;
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      controller.enqueue(bytes.slice(at, at += 512));
    },
    cancel() {
      cancelled = true;
    },
  });
  for await (const _ of readArchive(source, limits)) break;
  assert(cancelled);
});
