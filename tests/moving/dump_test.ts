import assert from "node:assert/strict";
import { openDatabase } from "../../src/db/connect.ts";
import { databaseIdentity } from "../../src/db/coverages.ts";
import { dumpEmbedded, restoreDump } from "../../src/db/dump.ts";
import { migrate, readMigrations } from "../../src/db/migrate.ts";
import { OperatorError } from "../../src/errors.ts";
import { emptyDatabase, testDatabase } from "../support/database.ts";
import { addDatabase, withFolder } from "../support/folder.ts";
import { seed } from "../support/seed.ts";

/** A dump of two uploads of one branch, one of them by an author whose name needs quoting. */
const AUTHOR = `O'Brien \\ "李雷" $$ -- ; 🦕`;
const { dump, identity } = await withFolder(async (folder) => {
  await addDatabase(folder);
  const database = await openDatabase({ folder: `${folder}/postgres` });
  await migrate(database.sql, await readMigrations());
  await seed(database.sql);
  await seed(database.sql, { commit_author: AUTHOR, percentage: 75 });
  const identity = await databaseIdentity(database.sql);
  await database.close();
  return { dump: await dumpEmbedded(`${folder}/postgres`), identity };
});

const accept = () => Promise.resolve();

Deno.test("a dump restores every row, the identity and the ids that come next", async () => {
  await using database = await emptyDatabase();
  const { sql } = database;
  const identities: string[] = [];
  const uploads = await restoreDump(sql, dump, (id) => Promise.resolve(void identities.push(id)));
  assert.equal(uploads, 2);
  assert.deepEqual(identities, [identity]);
  assert.equal(await databaseIdentity(sql), identity);
  assert.deepEqual(await migrate(sql, await readMigrations()), []);
  await seed(sql, { percentage: 100 });
  const rows = await sql`
    select id::int, commit_author, percentage::float8, deleted_at is null as active, newest
    from coverages order by id`;
  assert.deepEqual([...rows], [
    { id: 1, commit_author: "ada", percentage: 50, active: false, newest: false },
    { id: 2, commit_author: AUTHOR, percentage: 75, active: false, newest: false },
    { id: 3, commit_author: "ada", percentage: 100, active: true, newest: true },
  ]);
  await assert.rejects(
    sql`update coverages set deleted_at = null, report_stored = true`,
    /coverages_active/,
  );
});

Deno.test("lines that only psql understands are skipped", async () => {
  await using database = await emptyDatabase();
  const written = `\\restrict abc\n${dump}\n\\unrestrict abc\n`;
  assert.equal(await restoreDump(database.sql, written, accept), 2);
});

/** What is wrong with a dump, and what the operator is told. */
const REFUSED: [string, (dump: string) => string, RegExp][] = [
  ["an empty file", () => "", /^The file is not a complete SQL dump\. Make one with export/],
  ["a dump that was cut off", (dump) => dump.slice(0, -60), /^The file is not a complete SQL dump/],
  [
    "a dump with COPY",
    (dump) => dump.replace(/^INSERT/m, "COPY public.coverages (id) FROM stdin;\n1\n\\.\nINSERT"),
    /^The dump has COPY statements\. Make it with pg_dump --inserts\.$/,
  ],
  [
    "a statement that fails",
    (dump) => dump.replace(/-- PostgreSQL database dump complete/, "select 1/0;\n$&"),
    /^The dump was not imported: division by zero\.$/,
  ],
  [
    "another program's database",
    () => "create table a (b int);\n-- PostgreSQL database dump complete\n",
    /^The dump was not imported: relation "public\.\w+" does not exist\.$/,
  ],
];

for (const [what, spoil, expected] of REFUSED) {
  Deno.test(`${what} is refused and changes nothing`, async () => {
    await using database = await emptyDatabase();
    await assert.rejects(restoreDump(database.sql, spoil(dump), accept), (error) => {
      assert(error instanceof OperatorError, Deno.inspect(error));
      assert.match(error.message, expected);
      return true;
    });
    assert.equal((await database.sql`select from pg_tables where schemaname = 'public'`).length, 0);
    assert.equal(await restoreDump(database.sql, dump, accept), 2, "and it can be tried again");
  });
}

Deno.test("a reports folder that belongs to another database stops the restore", async () => {
  await using database = await emptyDatabase();
  const refuse = () => Promise.reject(new OperatorError("They belong to another database."));
  await assert.rejects(restoreDump(database.sql, dump, refuse), /belong to another database/);
  assert.equal(await restoreDump(database.sql, dump, accept), 2);
});

Deno.test("a dump is only restored into an empty database", async () => {
  await using database = await testDatabase();
  await assert.rejects(
    restoreDump(database.sql, dump, accept),
    /^OperatorError: The database is not empty: it has coverages, .*repositories\. Import into a new/,
  );
  assert.equal((await database.sql`select from coverages`).length, 0);
});
