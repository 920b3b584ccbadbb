import assert from "node:assert/strict";
import { connect, forOperator, inTime, withoutTimeout } from "../../src/db/connect.ts";
import { isDatabaseAway, OperatorError } from "../../src/errors.ts";
import { emptyDatabase, ON_POSTGRES } from "../support/database.ts";

Deno.test("isDatabaseAway distinguishes an unavailable database from a wrong statement", async () => {
  await using database = await emptyDatabase();
  const wrong = await database.sql`select * from nothing`.catch((error) => error);
  assert.equal(isDatabaseAway(wrong), false);

  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const gone = connect(`postgres://user@127.0.0.1:${port}/name`);
  const refused = await gone`select 1`.catch((error) => error);
  await gone.end({ timeout: 1 });
  assert.equal(isDatabaseAway(refused), true);
  assert.equal(isDatabaseAway(new Error("commit", { cause: refused })), true);
});

Deno.test("inTime treats a silent database as unavailable", async () => {
  const silence = new Promise<never>(() => {});
  const late = await inTime(silence, 0.01).catch((error) => error);
  assert.equal(isDatabaseAway(late), true);
  assert.equal(await inTime(Promise.resolve(7)), 7);
});

Deno.test({
  name: "an abandoned statement ends in the database too",
  ignore: !ON_POSTGRES,
  async fn() {
    await using database = await emptyDatabase();
    const sql = connect(String(database.target));
    const [setting] = await sql`show statement_timeout`;
    assert.equal(setting?.statement_timeout, "15s");
    const [long] = await withoutTimeout(sql, (tx) => tx`show statement_timeout`);
    assert.equal(long?.statement_timeout, "0");
    await sql.end();
  },
});

Deno.test("an unusable database becomes a sentence for the operator, a wrong statement does not", async () => {
  await using database = await emptyDatabase();
  const failed = async (statement: string) => {
    const error: unknown = await database.sql.begin((tx) => tx.unsafe(statement))
      .catch((error) => error);
    assert(error instanceof Error, statement);
    return { error, shown: forOperator(error) };
  };
  await database.sql.unsafe("drop role if exists stranger; create role stranger");
  const refusals = [
    // What a user meets who does not own the database.
    "set local role stranger; create table public.mine (x int)",
    "alter database nowhere set work_mem = '4MB'",
    "do $$ begin raise 'password authentication failed' using errcode = '28P01'; end $$",
  ];
  for (const statement of refusals) {
    const { error, shown } = await failed(statement);
    assert(shown instanceof OperatorError, statement);
    assert.equal(shown.message, `The database refuses: ${error.message}. Is DATABASE_URL right?`);
  }
  // What a standby answers to a migration.
  const standby = await failed("set transaction read only; create table public.mine (x int)");
  assert(standby.shown instanceof OperatorError);
  assert.match(standby.shown.message, /^The database is read-only: .*standby.*its primary\.$/);
  const { error, shown } = await failed("select * from nothing");
  assert.equal(shown, error);
  await database.sql.unsafe("drop role stranger");
});
