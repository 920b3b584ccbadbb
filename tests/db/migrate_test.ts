import assert from "node:assert/strict";
import { connect } from "../../src/db/connect.ts";
import { migrate, readMigrations } from "../../src/db/migrate.ts";
import { emptyDatabase } from "../support/database.ts";

Deno.test("migrate applies each missing migration once and returns their names", async () => {
  await using database = await emptyDatabase();
  const first = { name: "0001_a", sql: "create table a (x int); create table b (x int)" };
  const second = { name: "0002_c", sql: "create table c (x int)" };
  assert.deepEqual(await migrate(database.sql, [first]), ["0001_a"]);
  assert.deepEqual(await migrate(database.sql, [first, second]), ["0002_c"]);
  assert.deepEqual(await migrate(database.sql, [first, second]), []);
  assert.equal((await database.sql`select * from c`).length, 0);
});

Deno.test("migrate rolls back when a step fails", async () => {
  await using database = await emptyDatabase();
  const bad = [{ name: "0001_a", sql: "create table a (x int)" }, { name: "0002_b", sql: "oops" }];
  await assert.rejects(migrate(database.sql, bad));
  const tables = await database.sql`
    select from information_schema.tables where table_schema = 'public'`;
  assert.equal(tables.length, 0);
});

Deno.test("migrate refuses a database of a newer version", async () => {
  await using database = await emptyDatabase();
  await migrate(database.sql, [{ name: "9999_later", sql: "select 1" }]);
  await assert.rejects(
    migrate(database.sql, await readMigrations()),
    /newer version \(9999_later\)/,
  );
});

Deno.test("twenty servers that start together migrate one after the other", async () => {
  await using database = await emptyDatabase();
  const migrations = await readMigrations();
  const clients = typeof database.target === "string"
    ? Array.from({ length: 20 }, () => connect(database.target))
    : Array.from({ length: 20 }, () => database.sql); // an embedded database has one client
  try {
    const applied = await Promise.all(clients.map((sql) => migrate(sql, migrations)));
    assert.deepEqual(applied.flat(), migrations.map(({ name }) => name));
  } finally {
    for (const sql of clients) if (sql !== database.sql) await sql.end({ timeout: 5 });
  }
});

Deno.test("migrate leaves the tables of another program alone, and says so", async () => {
  const theirs = [
    "create table migrations (id int, migration text, batch int)", // Laravel
    "create table migrations (id int, timestamp bigint, name text)", // TypeORM
    "create table coverages (x int)",
    "create view repositories as select 1 as id",
  ];
  for (const statement of theirs) {
    await using database = await emptyDatabase();
    await database.sql.unsafe(statement);
    await assert.rejects(migrate(database.sql, await readMigrations()), {
      name: "OperatorError",
      message: /^The database has tables of another program \(.*\); DATABASE_URL must name/,
    });
    const tables = await database.sql`
      select from information_schema.tables where table_schema = 'public'`;
    assert.equal(tables.length, 1, statement);
  }
  await using database = await emptyDatabase();
  await database.sql.unsafe("create table orders (id int)");
  assert.notDeepEqual(await migrate(database.sql, await readMigrations()), []);
});
