import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ancestor } from "./support/ancestor.ts";
import { goodReport, tar } from "./support/archive.ts";
import { emptyDatabase } from "./support/database.ts";
import { uploadPath } from "./support/fields.ts";
import { storedReports } from "./support/reports.ts";
import { type RunningServer, startServer, STOPPED } from "./support/server.ts";
import { task, taskWith } from "./support/task.ts";
import { addDatabase, withFolder } from "./support/folder.ts";

/** A server on the embedded database, or on the one at `DATABASE_URL`. */
async function running(environment: Record<string, string>): Promise<RunningServer> {
  const server = await startServer({ DATABASE_URL: "", ...environment });
  if ("code" in server) throw new Error(`The server ended with ${server.code}: ${server.output}`);
  return server;
}

async function upload({ address }: RunningServer, fields: Record<string, string>): Promise<void> {
  const response = await fetch(`${address}${uploadPath(fields)}`, {
    method: "POST",
    headers: { "content-type": "application/x-tar" },
    body: tar(goodReport()),
  });
  assert.equal(response.status, 200, await response.text());
}

/** What readers see, without the address, whose port is another each time. */
async function answers({ address }: RunningServer): Promise<string[]> {
  const get = async (path: string) => {
    const response = await fetch(`${address}${path}`);
    assert.equal(response.status, 200, path);
    return (await response.text()).replaceAll(address, "");
  };
  const list = await get("/coverages-api?full");
  const reports = [...list.matchAll(/"report_url":"([^"]*)"(?!,"deleted_at")/g)];
  assert.equal(reports.length, 2);
  return [
    list,
    await get("/coverages-api/badge?org_name=acme&repo_name=shop&branch_name=main"),
    await get("/coverages-ui/acme/shop"),
    ...await Promise.all(reports.map(([, path]) => get(path!))),
  ];
}

Deno.test("what was uploaded to the embedded database goes on in another, with its reports", async () => {
  await using database = await emptyDatabase();
  await withFolder(async (folder) => {
    const before = join(folder, "before");
    await addDatabase(before);
    const first = await running({ DATA_DIR: before });
    for (const branch_name of ["main", "feature/x", "main"]) await upload(first, { branch_name });
    const seen = await answers(first);
    const file = join(folder, "coverage.jsonl.gz");
    const embedded = { DATABASE_URL: "", DATA_DIR: before };
    const busy = await task("export", [file], embedded);
    assert.equal(busy.code, 1);
    assert.match(busy.output, /in use by another server; stop that one/);
    await first.stop("SIGTERM");

    assert.deepEqual(await task("export", [file], embedded), {
      code: 0,
      output: `1 repositories and 3 uploads are in ${file}.\n`,
    });
    assert.deepEqual(await task("export", [file], embedded), {
      code: 1,
      output: `${file} is there already; name a new file.\n`,
    });
    const left = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
    assert.deepEqual(left, ["before", "coverage.jsonl.gz"]);

    // The other is the Postgres of the tests where they have one, and then the folder stays.
    const { target } = database;
    const DATA_DIR = typeof target === "string" ? before : join(folder, "after");
    const after = { DATABASE_URL: typeof target === "string" ? target : "", DATA_DIR };
    if (DATA_DIR !== before) {
      await Deno.mkdir(DATA_DIR);
      await Deno.rename(join(before, "reports"), join(DATA_DIR, "reports"));
    }
    // While the folder is of another database, nothing is imported.
    const marker = join(DATA_DIR, "reports", ".database");
    const identity = await Deno.readTextFile(marker);
    await Deno.writeTextFile(marker, crypto.randomUUID());
    const refused = await task("import", [file], after);
    assert.equal(refused.code, 1);
    assert.match(refused.output, /^The reports in .* belong to another database\./);
    await Deno.writeTextFile(marker, identity);

    const [report] = (await storedReports(join(DATA_DIR, "reports"))).published;
    const path = join(DATA_DIR, "reports", report!);
    await Deno.rename(path, join(folder, "report"));
    const imported = await taskWith(await Deno.readFile(file), "import", ["-"], after);
    const said = new TextDecoder().decode(imported.stdout);
    assert.equal(imported.code, 0, said);
    assert.match(said, /^1 repositories and 3 uploads are in the database\.$/m);
    assert.match(said, /^\d of their reports are not in .*reports; copy them there\.$/m);
    assert.equal(/^Move .*postgres away: /m.test(said), DATA_DIR === before);
    await Deno.rename(join(folder, "report"), path);

    const second = await running(after);
    assert.deepEqual(await answers(second), seen);
    await upload(second, { branch_name: "main" });
    assert.equal((await second.stop("SIGTERM")).code, STOPPED);
  });
});

Deno.test("export and import say what they need", async () => {
  await withFolder(async (folder) => {
    const env = { DATABASE_URL: "postgres://u:secret@127.0.0.1:1/d", DATA_DIR: folder };
    for (
      const [name, args, sentence] of [
        ["export", [], /^Name one file to write/],
        ["export", [join(folder, "a"), "b"], /^Name one file to write/],
        ["export", ["-"], /^The database does not answer: .*Is DATABASE_URL right\?\n$/],
        ["import", [], /^Name one file that export wrote/],
        ["import", [join(folder, "missing")], /missing cannot be read: .*\(os error 2\)/],
        ["import:ancestor", ["sqlite.db"], /^Name the database, .* and then the assets folder/],
        ["import:ancestor", ["sqlite.db", join(folder, "no")], /^The assets folder cannot be read/],
        ["import:ancestor", [join(folder, "no.db"), folder], /no\.db cannot be opened: unable to/],
      ] as const
    ) {
      const { code, output } = await task(name, [...args], env);
      assert.equal(code, 1);
      assert.match(output, sentence);
      assert(!output.includes("secret"));
    }
  });
});

Deno.test("an export that nobody reads to its end says so, and blames no database", async () => {
  await withFolder(async (folder) => {
    await addDatabase(folder);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "-A", "main.ts", "export", "-"],
      cwd: fileURLToPath(new URL("../", import.meta.url)),
      env: { NO_COLOR: "1", DATABASE_URL: "", DATA_DIR: folder },
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    await child.stdout.cancel();
    const said = await new Response(child.stderr).text();
    assert.equal((await child.status).code, 1);
    assert.match(said, /^The standard output cannot be written: .+\.\n$/);
  });
});

Deno.test("deno task import:ancestor takes over an ancestor, for the server to serve", async () => {
  await using old = await ancestor();
  old.add({ percentage: "12.5", deleted_at: "2022-05-01 00:00:00+00:00" }, {}, {
    language: "C Sharp",
  });
  await old.write("acme/shop/main", "index.html", "<h1>taken over</h1>");
  await withFolder(async (folder) => {
    await addDatabase(folder);
    const env = { DATABASE_URL: "", DATA_DIR: folder };
    const totals = "1 repositories, 2 uploads, 1 reports. Active uploads without a report: 0. " +
      "Left out: 1 rows, 0 repositories that are here already.\n";
    const dry = await task("import:ancestor", [old.database, old.assets, "--dry-run"], env);
    assert.equal(dry.code, 0);
    assert(dry.output.endsWith(`To be taken over: ${totals}`), dry.output);
    const wet = await task("import:ancestor", [old.database, old.assets], env);
    assert.equal(wet.code, 0);
    assert(wet.output.endsWith(`Taken over: ${totals}`), wet.output);
    assert.match(wet.output, /^Left out: row 3 of "acme\/shop": language is "C Sharp"; it must be/);

    const server = await running(env);
    const badge = "/coverages-api/badge?org_name=acme&repo_name=shop&branch_name=main";
    assert.match(await (await fetch(`${server.address}${badge}`)).text(), />33\.03%</);
    const page = await fetch(`${server.address}/coverages-api/assets/acme/shop/main/`);
    assert.equal(await page.text(), "<h1>taken over</h1>");
    assert.equal((await server.stop("SIGTERM")).code, STOPPED);
  });
});
