import assert from "node:assert/strict";
import { join } from "node:path";
import { readArchive } from "../../src/archive/read_archive.ts";
import { pack, type PackedEntry, spool, spooled } from "../../src/reports/archive_file.ts";
import { withFolder } from "../support/folder.ts";

const LIMITS = { maxReportBytes: 1e6, maxReportFiles: 100 };

function file(path: string, content: string, size = content.length): PackedEntry {
  return { path, size, open: () => new Blob([content]).stream() };
}

Deno.test("what is packed is read back, whatever a path consists of", async () => {
  const files = new Map([
    ["report/empty.html", ""],
    [`report/${"d".repeat(150)}/${"e".repeat(255)}/f.html`, "long"],
    [`report/${"日本".repeat(40)}/ä ö.html`, "not ASCII"],
    ['report/it\'s "so".html', "x".repeat(300_000)],
  ]);
  const archive = pack([
    { path: "report", size: 0 },
    ...Array.from(files, ([path, content]) => file(path, content)),
    { path: `report/${"g".repeat(200)}`, size: 0 },
  ]);
  const folders: string[] = [];
  for await (const entry of readArchive(archive, LIMITS)) {
    if (entry.kind === "folder") folders.push(entry.path);
    if (entry.kind !== "file") continue;
    assert.equal(new TextDecoder().decode(await entry.whole()), files.get(entry.path), entry.path);
    files.delete(entry.path);
  }
  assert.deepEqual([...files.keys()], []);
  assert.deepEqual(folders, ["report", `report/${"g".repeat(200)}`]);
});

Deno.test("a file that changes while it is packed fails the archive", async () => {
  for (const size of [2, 4]) {
    await assert.rejects(new Response(pack([file("a", "abc", size)])).bytes(), /"a"/, `${size}`);
  }
});

Deno.test("a file that is opened when the reader has left is closed", async () => {
  const opening = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<ReadableStream<Uint8Array>>();
  const closed = Promise.withResolvers<void>();
  const entry = {
    path: "a",
    size: 1,
    open() {
      opening.resolve();
      return opened.promise;
    },
  };
  const archive = pack([file("large", "x".repeat(1_000_000)), entry]);
  await opening.promise;
  await archive.cancel();
  await new Promise((resolve) => setTimeout(resolve)); // until the packer knows
  opened.resolve(new ReadableStream({ cancel: () => closed.resolve() }));
  await closed.promise;
});

Deno.test("an archive that ends early leaves no file open", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "a.tar.gz");
    const done = () => assert.fail("it is not whole");
    const reader = spooled(new Blob(["a", "b"]).stream(), path, done).getReader();
    await reader.read();
    await reader.cancel();
    const gone = new Error("gone");
    const broken = new ReadableStream({
      start: (controller) => controller.enqueue(new Uint8Array(1)),
      pull: (controller) => controller.error(gone),
    });
    await assert.rejects(spool(broken, path), gone);
  });
});
