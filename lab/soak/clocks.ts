/**
 * A clock that jumps, of the server and its database alike.
 *
 * @module
 */
import { Clock } from "./clock.ts";
import { seeThrough } from "./outage.ts";
import { Postgres } from "./postgres.ts";
import type { Scenario, Soak } from "./scenario.ts";
import { Subject } from "./subject.ts";
import { pause } from "./wait.ts";

/** Seconds from the right time: back an hour, forth, and right again, which is back once more. */
const JUMPS = [-3600, 3600, 0];
const BETWEEN_MS = 1000;

/** With the embedded database. */
export const clockEmbedded: Scenario = async (soak) => {
  return await jump(soak, await Clock.make(soak));
};

/** With a Postgres, whose clock jumps as well. */
export const clockPostgres: Scenario = async (soak) => {
  const clock = await Clock.make(soak);
  return await jump(soak, clock, soak.keep(await Postgres.start({ env: clock.environment })));
};

async function jump(soak: Soak, clock: Clock, postgres?: Postgres): ReturnType<Scenario> {
  const subject = new Subject(soak, {
    databaseUrl: postgres?.url,
    environment: clock.environment,
  });
  const outcome = await seeThrough(soak, {
    subject,
    clock,
    isBearable: true,
    what: `the clock ${JUMPS.map((seconds) => `${seconds} s`).join(", ")}`,
    async happen() {
      for (const seconds of JUMPS) {
        await clock.set(seconds);
        await pause(BETWEEN_MS);
      }
    },
  });
  const backwards = await subject.look(async (sql) => {
    const [row] = await sql<{ count: number }[]>`
      select count(*)::int from (
        select created_at - lag(created_at) over (order by id) as step from coverages
      ) steps where step < '-30 minutes'`;
    return row!.count;
  });
  return backwards > 0 ? outcome : {
    ...outcome,
    problems: [...outcome.problems, "no row says that the clock jumped back; it did not"],
  };
}
