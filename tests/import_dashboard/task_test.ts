import assert from "node:assert/strict";
import { oldDashboard } from "../support/dashboard_source.ts";
import { addDatabase, withFolder } from "../support/folder.ts";
import { running, STOPPED } from "../support/server.ts";
import { task } from "../support/task.ts";

Deno.test("deno task import:dashboard copies uploads that the server then shows", async () => {
  await using old = await oldDashboard();
  old.add({ percentage: "12.5", deleted_at: "2022-05-01 00:00:00+00:00" }, {}, {
    language: "C Sharp",
  });
  await old.write("acme/shop/main", "index.html", "<h1>copied</h1>");
  await withFolder(async (folder) => {
    await addDatabase(folder);
    const env = { DATABASE_URL: "", DATA_DIR: folder };
    const totals = "1 repositories, 2 uploads, 1 reports. Active uploads without a report: 0. " +
      "Skipped: 1 rows, 0 repositories.\n";
    const dry = await task("import:dashboard", ["--dry-run", old.database, old.assets], env);
    assert.equal(dry.code, 0, dry.output);
    assert(dry.output.endsWith(`To copy: ${totals}`), dry.output);
    const wet = await task("import:dashboard", [old.database, old.assets], env);
    assert.equal(wet.code, 0, wet.output);
    assert(wet.output.endsWith(`Copied: ${totals}`), wet.output);
    assert.match(wet.output, /^Skipped: row 3 of "acme\/shop": language is "C Sharp"; it must be/);

    const server = await running(env);
    const badge = "/coverages-api/badge?org_name=acme&repo_name=shop&branch_name=main";
    assert.match(await (await fetch(`${server.address}${badge}`)).text(), />33\.03%</);
    const page = await fetch(`${server.address}/coverages-api/assets/acme/shop/main/`);
    assert.equal(await page.text(), "<h1>copied</h1>");
    assert.equal((await server.stop("SIGTERM")).code, STOPPED);
  });
});
