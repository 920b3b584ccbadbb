import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { openDatabase } from "../../src/db/connect.ts";
import { addDatabase, withFolder } from "../support/folder.ts";
import { tree } from "../support/reports.ts";
import { diskTest } from "../support/small_disk.ts";

Deno.test("an embedded database persists, is private, and belongs to one server at a time", async () => {
  await withFolder(async (parent) => {
    await addDatabase(parent);
    const folder = join(parent, "postgres");
    const first = await openDatabase({ folder });
    assert(first.embedded);
    await first.sql`create table items (x int)`;
    await first.sql`insert into items values (7)`;
    if (Deno.build.os !== "windows") { // where a folder is its user's already
      assert.equal((await Deno.stat(folder)).mode! & 0o077, 0);
      const { path } = first.sql.options as unknown as { path: string };
      assert.equal((await Deno.stat(join(path, ".."))).mode! & 0o077, 0);
    }
    await assert.rejects(openDatabase({ folder }), /in use by another server/);
    await first.close();

    const second = await openDatabase({ folder });
    const rows = await second.sql`select x from items`;
    assert.deepEqual([...rows], [{ x: 7 }]);
    await second.close();
  });
});

Deno.test("an embedded database in an unusable folder fails with a sentence", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "file"), "");
    const opening = openDatabase({ folder: join(folder, "file", "postgres") });
    await assert.rejects(opening, {
      name: "OperatorError",
      message: /postgres cannot be used: .+\. Is DATA_DIR right\?$/,
    });
  });
});

Deno.test("an incomplete, damaged or differently versioned database is refused and not changed", async () => {
  await withFolder(async (folder) => {
    await addDatabase(folder);
    const whole = join(folder, "postgres");
    if (!await Deno.stat(whole).catch(() => false)) {
      await (await openDatabase({ folder: whole })).close();
    }
    const cases: [string, (folder: string) => Promise<void>, RegExp][] = [
      [
        "incomplete",
        (folder) => Deno.remove(join(folder, "PG_VERSION")),
        /has files and no PG_VERSION, .* nothing was changed/,
      ],
      [
        "older",
        (folder) => Deno.writeTextFile(join(folder, "PG_VERSION"), "17\n"),
        /is of Postgres 17; this version of the server has 18/,
      ],
      [
        "damaged",
        (folder) => Deno.truncate(join(folder, "global", "pg_control"), 10),
        /cannot be opened: its files are damaged\. Restore a backup/,
      ],
      [
        "foreign",
        async (folder) => {
          await Deno.remove(folder, { recursive: true });
          await Deno.mkdir(folder);
          await Deno.writeTextFile(join(folder, "notes.txt"), "mine");
        },
        /has files and no PG_VERSION/,
      ],
    ];
    for (const [name, change, message] of cases) {
      const copy = join(folder, name);
      await cp(whole, copy, { recursive: true });
      await change(copy);
      const files = async () => (await tree(copy)).filter((path) => path !== "postmaster.pid");
      const before = await files();
      await assert.rejects(openDatabase({ folder: copy }), { name: "OperatorError", message });
      assert.deepEqual(await files(), before, name);
    }
  });
});

await diskTest("a full or read-only disk is reported", 80, async (disk) => {
  await addDatabase(disk.folder);
  const folder = join(disk.folder, "postgres");
  const fill = join(disk.folder, "fill");
  await Deno.writeFile(fill, new Uint8Array(80 * 1024 * 1024)).catch(() => {});
  const sentence = (reason: string) => ({
    name: "OperatorError",
    message: new RegExp(`postgres cannot be used: ${reason}.*Is DATA_DIR right`),
  });
  await assert.rejects(openDatabase({ folder }), sentence("No space left"));
  await Deno.remove(fill);
  await disk.writable(false);
  await assert.rejects(openDatabase({ folder }), sentence("Read-only file system"));
  await disk.writable(true);
  await (await openDatabase({ folder })).close();
});
