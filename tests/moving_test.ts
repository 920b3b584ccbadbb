import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { goodReport, tar } from "./support/archive.ts";
import { emptyDatabase } from "./support/database.ts";
import { running, type RunningServer, STOPPED, uploadTo } from "./support/server.ts";
import { whyNoPgDump } from "./support/pg_dump.ts";
import { command, taskWith } from "./support/task.ts";
import { addDatabase, withFolder } from "./support/folder.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

/** What readers see, without the address, whose port differs each time. */
async function answers({ address }: RunningServer): Promise<string[]> {
  const get = async (path: string) => {
    const response = await fetch(`${address}${path}`);
    assert.equal(response.status, 200, path);
    // "just now" depends on when the page is asked for.
    return (await response.text()).replaceAll(address, "").replaceAll(/>[^<]*<\/time>/g, ">");
  };
  const list = await get("/coverages-api?full=1");
  const reports = [...list.matchAll(/"report_url":"([^"]*)"(?!,"deleted_at")/g)];
  assert(reports.length > 0);
  return [
    list,
    await get("/coverages-api/badge?org_name=acme&repo_name=shop&branch_name=main"),
    await get("/coverages-ui/acme/shop"),
    ...await Promise.all(reports.map(([, path]) => get(path!))),
  ];
}

Deno.test("uploads to the embedded database move to another database with their reports", async () => {
  await using database = await emptyDatabase();
  await withFolder(async (folder) => {
    const before = join(folder, "before");
    await addDatabase(before);
    const first = await running({ DATA_DIR: before });
    for (const branch_name of ["main", "feature/x", "main"]) {
      await uploadTo(first, tar(goodReport()), { branch_name });
    }
    const seen = await answers(first);
    const file = join(folder, "coverage.sql");
    const embedded = { DATABASE_URL: "", DATA_DIR: before };
    const busy = await command("export", [file], embedded);
    assert.equal(busy.code, 1);
    assert.match(busy.output, /in use by another server; stop that one/);
    await first.stop("SIGTERM");

    const written = { code: 0, output: `The database was written to ${file}.\n` };
    assert.deepEqual(await command("export", [file], embedded), written);
    const again = await command("export", [file], embedded);
    assert.equal(again.code, 1);
    assert.match(again.output, /coverage\.sql cannot be written: File exists/);

    // With a Postgres the folder stays where it is.
    const { target } = database;
    const DATA_DIR = typeof target === "string" ? before : join(folder, "after");
    const after = { DATABASE_URL: typeof target === "string" ? target : "", DATA_DIR };
    if (DATA_DIR !== before) {
      await addDatabase(DATA_DIR);
      await Deno.rename(join(before, "reports"), join(DATA_DIR, "reports"));
    }
    const marker = join(DATA_DIR, "reports", ".database");
    const identity = await Deno.readTextFile(marker);
    await Deno.writeTextFile(marker, crypto.randomUUID());
    const refused = await command("import", [file], after);
    assert.equal(refused.code, 1);
    assert.match(refused.output, /^The reports in .* belong to another database\./);
    await Deno.writeTextFile(marker, identity);

    const imported = await taskWith(await Deno.readFile(file), "import", ["-"], after);
    const said = new TextDecoder().decode(imported.stdout);
    assert.equal(imported.code, 0, new TextDecoder().decode(imported.stderr));
    assert.match(said, /^The database has 3 uploads now\./);
    assert.equal(/^Move .*postgres away: /m.test(said), DATA_DIR === before);

    const second = await running(after);
    assert.deepEqual(await answers(second), seen);
    await uploadTo(second, tar(goodReport()), { branch_name: "main" });
    assert.equal((await second.stop("SIGTERM")).code, STOPPED);
  });
});

/** The shell lines below a heading of docs/moving.md. */
async function documented(heading: string): Promise<string> {
  const text = await Deno.readTextFile(join(root, "docs/moving.md"));
  const lines = text.split(`\n## ${heading}\n`)[1]?.match(/```sh\n([^]*?)```/)?.[1];
  assert(lines, heading);
  return lines;
}

async function shell(lines: string, env: Record<string, string>): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command("bash", {
    args: ["-euc", `deno() { "$DENO" "$@"; }\n${lines}`],
    cwd: root,
    env: { ...env, DENO: Deno.execPath() },
  }).output();
  const decoder = new TextDecoder();
  assert(success, decoder.decode(stdout) + decoder.decode(stderr));
}

const whyNot = await whyNoPgDump();
Deno.test({
  name: `the documented moves to Postgres and back work${whyNot ? ` (${whyNot})` : ""}`,
  ignore: whyNot !== undefined,
  async fn() {
    await using database = await emptyDatabase();
    await withFolder(async (folder) => {
      const file = join(folder, "coverage.sql");
      const move = async (heading: string) =>
        await shell((await documented(heading)).replaceAll("coverage.sql", file), postgres);
      const embedded = { DATABASE_URL: "", DATA_DIR: folder };
      const postgres = { DATABASE_URL: String(database.target), DATA_DIR: folder };
      const seen: string[][] = [];
      const visit = async (env: Record<string, string>, branch_name: string) => {
        const server = await running(env);
        if (seen.length > 0) assert.deepEqual(await answers(server), seen.at(-1));
        await uploadTo(server, tar(goodReport()), { branch_name });
        seen.push(await answers(server));
        assert.equal((await server.stop("SIGTERM")).code, STOPPED);
      };
      await addDatabase(folder);
      await visit(embedded, "main");
      await move("From the embedded database to Postgres");
      await visit(postgres, "feature/x");
      await Deno.remove(file);
      await move("From Postgres to the embedded database");
      await visit(embedded, "main");
    });
  },
});

Deno.test("export and import say what is wrong", async () => {
  await withFolder(async (folder) => {
    const DATABASE_URL = "postgres://u:secret@127.0.0.1:1/d";
    const dump = join(folder, "dump.sql");
    await Deno.writeTextFile(dump, "-- PostgreSQL database dump complete\n");
    for (
      const [name, path, env, sentence] of [
        ["export", dump, { DATABASE_URL }, /^DATABASE_URL is set, and export writes only/],
        ["export", dump, { DATABASE_URL: "" }, /^There is no embedded database in .*postgres\.\n$/],
        [
          "import",
          dump,
          { DATABASE_URL },
          /^The database does not answer: .*Is DATABASE_URL right/,
        ],
        ["import", join(folder, "missing"), {}, /missing cannot be read: .*\(os error 2\)/],
      ] as const
    ) {
      const { code, output } = await command(name, [path], { DATA_DIR: folder, ...env });
      assert.equal(code, 1);
      assert.match(output, sentence);
      assert(!output.includes("secret"));
    }
  });
});
