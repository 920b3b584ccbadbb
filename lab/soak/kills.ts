/**
 * `kill -9` at random moments of uploads.
 *
 * @module
 */
import { storedReports } from "../../tests/support/reports.ts";
import { Clock, LATER } from "./clock.ts";
import { find } from "./findings.ts";
import { Postgres } from "./postgres.ts";
import type { Scenario } from "./scenario.ts";
import { Subject } from "./subject.ts";
import { Uploads } from "./uploads.ts";
import { pause } from "./wait.ts";

/** A kill comes at any moment of so long a time of uploads, as likely as at any other. */
const UPLOADING_MS = 1500;

/** Reports of superseded uploads are kept as well, and given up, while the server is killed. */
const KEEP_SUPERSEDED = "2";

/** Kills a server with the embedded database. */
export const killsEmbedded: Scenario = (soak) => killAndLook(soak, undefined);

/** Kills a server with a Postgres, which goes on. */
export const killsPostgres: Scenario = async (soak) =>
  await killAndLook(soak, soak.keep(await Postgres.start()));

async function killAndLook(
  soak: Parameters<Scenario>[0],
  postgres: Postgres | undefined,
): ReturnType<Scenario> {
  const { kills, seed } = soak.options;
  const clock = postgres && await Clock.make(soak);
  const subject = new Subject(soak, {
    databaseUrl: postgres?.url,
    environment: { KEEP_SUPERSEDED },
  });
  const uploads = new Uploads(seed);
  await subject.start();
  let done = 0, halfWay = 0;
  let found = { lost: 0, problems: [] as readonly string[] };
  while (done < kills && found.problems.length === 0) {
    const stream = uploads.continuously(subject.address);
    await pause(soak.random.between(0, UPLOADING_MS));
    await subject.program.end("SIGKILL");
    await stream.stop();
    halfWay += (await storedReports(subject.reports)).staged.length;
    await subject.start();
    // Beside a Postgres another server may be at work, so that a start leaves new folders alone.
    found = await find(subject, uploads, { staged: true, orphans: postgres === undefined });
    if (++done % 10 === 0) soak.say(`${done} of ${kills} kills`);
  }
  if (clock && found.problems.length === 0) {
    await subject.program.end("SIGTERM");
    await clock.set(LATER);
    await subject.start(clock.environment);
    found = await find(subject, uploads, { staged: true, orphans: true });
  }
  return {
    did: `killed ${done} × amid ${uploads.sent.size} uploads${uploads.refusals}; ` +
      `${halfWay} were left half unpacked`,
    acknowledged: uploads.acknowledged.size,
    lost: found.lost,
    problems: [...uploads.problems, ...found.problems],
  };
}
