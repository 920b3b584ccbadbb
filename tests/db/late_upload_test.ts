import assert from "node:assert/strict";
import type { Sql } from "postgres";
import { readConfig } from "../../src/config.ts";
import { addCoverage, UnknownOutcomeError } from "../../src/db/add_coverage.ts";
import { testDatabase } from "../support/database.ts";
import { newCoverage } from "../support/seed.ts";

/** A client whose transaction gets its turn when it is told to; `over` when that has ended. */
function waiting(sql: Sql, turn: Promise<void>): { client: Sql; over: Promise<unknown> } {
  const over = Promise.withResolvers<unknown>();
  const client = new Proxy(sql, {
    get(target, name) {
      if (name !== "begin") return Reflect.get(target, name);
      return (work: Parameters<Sql["begin"]>[1]) => {
        const transaction = sql.begin(async (tx) => {
          await turn;
          return await work(tx);
        });
        transaction.then(over.resolve, over.resolve);
        return transaction;
      };
    },
  });
  return { client, over: over.promise };
}

Deno.test("an upload inserts no row after its client got a 503", async () => {
  for (const seconds of [0.01, 60]) {
    await using database = await testDatabase();
    const { sql } = database;
    const turn = Promise.withResolvers<void>();
    const { client, over } = waiting(sql, turn.promise);
    const adding = addCoverage(client, newCoverage(), readConfig({}), seconds);
    if (seconds < 1) await assert.rejects(adding, UnknownOutcomeError);
    turn.resolve();
    if (seconds > 1) assert.equal((await adding).row.percentage, 50);
    await over;
    const rows = await sql`select from coverages`;
    assert.equal(rows.length, seconds > 1 ? 1 : 0);
  }
});
