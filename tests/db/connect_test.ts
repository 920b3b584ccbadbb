import assert from "node:assert/strict";
import { connect, inTime, withoutTimeout } from "../../src/db/connect.ts";
import { isDatabaseAway } from "../../src/errors.ts";
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
