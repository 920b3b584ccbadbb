/**
 * A Postgres that is restarted, says nothing, takes no more clients or has no room left.
 *
 * @module
 */
import { join } from "node:path";
import { connect } from "../../src/db/connect.ts";
import { smallDisk } from "../../tests/support/small_disk.ts";
import { fillUp } from "./ballast.ts";
import { outageMs, seeThrough } from "./outage.ts";
import { Postgres } from "./postgres.ts";
import { type Scenario, Skipped } from "./scenario.ts";
import { Subject } from "./subject.ts";
import { FULL } from "./uploads.ts";
import { pause } from "./wait.ts";

/** Orderly restarts and crashes in turn; one for each so many seconds of a load. */
const SECONDS_A_RESTART = 10;
const AWAY_MS = 500;

/** Restarts it, every other time as after a crash. */
export const postgresRestarted: Scenario = async (soak) => {
  const postgres = soak.keep(await Postgres.start());
  const restarts = Math.max(2, Math.round(soak.options.seconds / SECONDS_A_RESTART));
  return await seeThrough(soak, {
    subject: new Subject(soak, { databaseUrl: postgres.url }),
    what: `Postgres restarted ${restarts} ×, every other time by a crash`,
    async happen() {
      for (let restart = 0; restart < restarts; restart++) {
        await pause(soak.random.between(300, 1000));
        await postgres.stop(restart % 2 === 0 ? "fast" : "immediate");
        await pause(AWAY_MS);
        await postgres.start();
      }
    },
  });
};

/** Longer than the server waits for an answer; a short soak only sees it wait. */
const MOST_PAUSE_SECONDS = 20;

/** Stops its processes, with the connections open. */
export const postgresPaused: Scenario = async (soak) => {
  const seconds = Math.min(MOST_PAUSE_SECONDS, soak.options.seconds);
  const postgres = soak.keep(await Postgres.start());
  return await seeThrough(soak, {
    subject: new Subject(soak, { databaseUrl: postgres.url }),
    what: `Postgres paused for ${seconds} s`,
    isBearable: seconds < MOST_PAUSE_SECONDS,
    async happen() {
      await postgres.pause();
      await pause(seconds * 1000);
      await postgres.resume();
    },
  });
};

const MAX_CONNECTIONS = 40;

/** Takes all its connections, once the server has lost its own. */
export const postgresCrowded: Scenario = async (soak) => {
  const postgres = soak.keep(
    await Postgres.start({
      settings: { max_connections: MAX_CONNECTIONS, superuser_reserved_connections: 0 },
    }),
  );
  const others = connect(postgres.url);
  const hogs = Array.from({ length: MAX_CONNECTIONS * 2 }, () => connect(postgres.url));
  soak.keep({
    async [Symbol.asyncDispose]() {
      await Promise.all([others, ...hogs].map((sql) => sql.end({ timeout: 1 })));
    },
  });
  return await seeThrough(soak, {
    subject: new Subject(soak, { databaseUrl: postgres.url }),
    what: `all ${MAX_CONNECTIONS} connections of Postgres taken by others`,
    async happen() {
      // Whoever asks first gets a connection; the more ask at once, the fewer are left to the server.
      const asking = hogs.map((sql) => sql`select pg_sleep(0)`.catch(() => {}));
      await others`
        select pg_terminate_backend(pid) from pg_stat_activity
        where pid <> pg_backend_pid() and backend_type = 'client backend'`.catch(() => {});
      await Promise.all(asking);
      await pause(outageMs(soak));
      await Promise.all(hogs.map((sql) => sql.end({ timeout: 1 })));
    },
  });
};

/** Enough for a new cluster and little else. */
const DISK_MIB = 120;

/** Fills its disk, and makes room again; where that has ended it, it is started as an operator would. */
export const postgresFull: Scenario = async (soak) => {
  const disk = await smallDisk(DISK_MIB);
  if (!disk) throw new Skipped("no small disk may be mounted here");
  soak.keep(disk);
  const folder = join(disk.folder, "postgres");
  await Deno.mkdir(folder);
  const settings = { wal_recycle: "off", max_wal_size: "32MB", min_wal_size: "32MB" };
  const postgres = soak.keep(await Postgres.start({ folder, settings }));
  return await seeThrough(soak, {
    subject: new Subject(soak, { databaseUrl: postgres.url }),
    what: `the disk of Postgres full for ${outageMs(soak) / 1000} s`,
    expected: FULL,
    async happen() {
      const ballast = await fillUp(disk.folder);
      await pause(outageMs(soak));
      await ballast.remove();
      await postgres.ensure();
    },
  });
};
