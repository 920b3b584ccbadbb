import assert from "node:assert/strict";
import { join } from "node:path";
import { openDatabase } from "../../src/db/connect.ts";
import { withFolder } from "../support/folder.ts";

Deno.test("an embedded database keeps its rows, is private, and is one server's at a time", async () => {
  const parent = await Deno.makeTempDir();
  const folder = join(parent, "data", "postgres");
  try {
    const first = await openDatabase({ folder });
    assert(first.embedded);
    await first.sql`create table kept (x int)`;
    await first.sql`insert into kept values (7)`;
    if (Deno.build.os !== "windows") { // where a folder is its user's already
      assert.equal((await Deno.stat(folder)).mode! & 0o077, 0);
      const { path } = first.sql.options as unknown as { path: string };
      assert.equal((await Deno.stat(join(path, ".."))).mode! & 0o077, 0);
    }
    await assert.rejects(openDatabase({ folder }), /in use by another server/);
    await first.close();

    const second = await openDatabase({ folder });
    const rows = await second.sql`select x from kept`;
    assert.deepEqual([...rows], [{ x: 7 }]);
    await second.close();
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
});

Deno.test("where its folder cannot be, an embedded database says so in a sentence", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "file"), "");
    const opening = openDatabase({ folder: join(folder, "file", "postgres") });
    await assert.rejects(opening, {
      name: "OperatorError",
      message: /postgres cannot be used: .+\. Is DATA_DIR right\?$/,
    });
  });
});
