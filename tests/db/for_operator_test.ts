import assert from "node:assert/strict";
import { forOperator } from "../../src/db/for_operator.ts";
import { OperatorError } from "../../src/errors.ts";
import { emptyDatabase } from "../support/database.ts";

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
