import assert from "node:assert/strict";
import net from "node:net";
import postgres, { type Sql } from "postgres";
import { connect, inTime } from "../../src/db/connect.ts";
import { isDatabaseAway } from "../../src/errors.ts";
import { reconnecting, surviveOutages } from "../../src/db/reconnect.ts";
import { emptyDatabase } from "../support/database.ts";
import { DatabaseSwitch } from "../support/database_switch.ts";

Deno.test("a connection lost during a transaction ends neither the process nor the client", async () => {
  using _surviving = surviveOutages();
  await using database = await emptyDatabase();
  await using gate = new DatabaseSwitch(database.target);
  const sql = reconnecting(
    (onclose) => postgres({ ...gate.target, max: 1, onclose, backoff: () => 0 }),
    { leastAgeMs: 0 },
  );
  try {
    for (let time = 0; time < 3; time++) {
      const broken = await sql.begin(async (tx) => {
        await tx`select 1`;
        await gate.close();
        // The client writes this, and then its rollback, to a connection that is no more.
        await tx`select 2`;
      }).catch((error) => error);
      assert.equal(isDatabaseAway(broken), true);
      gate.open();
      const [row] = await inTime(Promise.resolve(sql<{ n: number }[]>`select 3 as n`), 4);
      assert.equal(row!.n, 3);
    }
  } finally {
    await sql.end({ timeout: 1 });
  }
});

Deno.test("of the replaced clients, one has time to finish", async () => {
  const ended: string[] = [];
  const losses: (() => void)[] = [];
  const sql = reconnecting(
    (lost) => {
      const name = losses.push(lost);
      const end = (options: { timeout: number }) =>
        Promise.resolve(void ended.push(`${name} in ${options.timeout} s`));
      return Object.assign(() => name, { end }) as unknown as Sql;
    },
    { leastAgeMs: 0 },
  );
  for (let client = 1; client <= 3; client++) {
    assert.equal(sql``, client);
    losses.at(-1)!();
  }
  assert.equal(sql``, 4);
  assert.deepEqual(ended, ["1 in 0 s", "2 in 0 s"]);
  await sql.end({ timeout: 5 });
  assert.deepEqual(ended.slice(2).sort(), ["3 in 5 s", "4 in 5 s"]);
});

Deno.test("a closed client stays closed", async () => {
  await using database = await emptyDatabase();
  let made = 0;
  const sql = reconnecting(
    (onclose) => {
      made++;
      const { target } = database;
      return typeof target === "string"
        ? postgres(target, { max: 1, onclose })
        : postgres({ ...target, user: "postgres", database: "postgres", max: 1, onclose });
    },
    { leastAgeMs: 0 },
  );
  await sql`select 1`;
  await sql.end({ timeout: 1 });
  const refused = await sql`select 2`.catch((error) => error);
  assert.equal(refused.code, "CONNECTION_ENDED");
  assert.equal(made, 1);
});

Deno.test("a connection lost while the client reads types does not end the process", async () => {
  using _surviving = surviveOutages();
  const postgres = net.createServer((socket) => {
    // Authenticated, and ready for a query; the first is the client's own, and breaks all.
    socket.once("data", () => {
      socket.write(Uint8Array.of(0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49));
      socket.once("data", () => {
        postgres.close();
        socket.destroy();
      });
    });
  });
  const port = await new Promise<number>((resolve) => {
    postgres.listen(0, "127.0.0.1", () => resolve((postgres.address() as net.AddressInfo).port));
  });
  const sql = connect(`postgres://user@127.0.0.1:${port}/name`);
  try {
    const refused = await sql`select 1`.catch((error) => error);
    assert.equal(isDatabaseAway(refused), true);
  } finally {
    await sql.end({ timeout: 1 });
  }
});

Deno.test("other errors end the process", () => {
  using _surviving = surviveOutages();
  const error = new TypeError("Cannot read properties of null (reading 'write')");
  const event = new ErrorEvent("error", { error, cancelable: true });
  globalThis.dispatchEvent(event);
  assert.equal(event.defaultPrevented, false);
  const rejection = new PromiseRejectionEvent("unhandledrejection", {
    promise: Promise.resolve(),
    reason: error,
    cancelable: true,
  });
  globalThis.dispatchEvent(rejection);
  assert.equal(rejection.defaultPrevented, false);
});
