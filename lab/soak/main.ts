/**
 * `deno task soak`: what a server must survive, done to the real one. Ends with 1 where anything was
 * lost or is not as it must be.
 *
 * @module
 */
import { chosen, readOptions } from "../support/options.ts";
import { endlessBodies, headerFlood, slowBodies, slowHeaders } from "./floods.ts";
import { killsEmbedded, killsPostgres } from "./kills.ts";
import { loadEmbedded, loadPostgres } from "./load.ts";
import {
  diskFull,
  diskFullEmbedded,
  diskReadOnly,
  postgresPaused,
  postgresRestarted,
} from "./outages.ts";
import { type Outcome, type Scenario, Skipped } from "./scenario.ts";

const scenarios: Readonly<Record<string, Scenario>> = {
  "kills-embedded": killsEmbedded,
  "kills-postgres": killsPostgres,
  "postgres-restarted": postgresRestarted,
  "postgres-paused": postgresPaused,
  "disk-full": diskFull,
  "disk-full-embedded": diskFullEmbedded,
  "disk-read-only": diskReadOnly,
  "slow-headers": slowHeaders,
  "slow-bodies": slowBodies,
  "endless-bodies": endlessBodies,
  "header-flood": headerFlood,
  "load-embedded": loadEmbedded,
  "load-postgres": loadPostgres,
};
const USAGE = `Usage: deno task soak [--kills N] [--seconds S] [scenario...]
Scenarios: ${Object.keys(scenarios).join(", ")} (default: all)
  --kills N    kills of a server, on each database (default 50)
  --seconds S  length of a load (default 120); outages and floods follow from it
Run it as root with Postgres installed; what it cannot do is skipped.`;
const MOST_REPORTED = 20;

const { options, words } = readOptions(USAGE, { kills: 50, seconds: 120 });
const { promise: interrupted, reject } = Promise.withResolvers<never>();
interrupted.catch(() => {});
let isInterrupted = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => {
    isInterrupted = true;
    reject(new Error("interrupted"));
  });
}

let passed = 0, failed = 0, skipped = 0;
for (const [name, scenario] of chosen(scenarios, words)) {
  if (isInterrupted) break;
  const startedAt = performance.now();
  const { did, problems } = await perform(scenario);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  const verdict = problems === undefined ? "skipped" : problems.length > 0 ? "FAILED" : "ok";
  console.log(`${verdict} ${name} (${seconds} s): ${did}`);
  for (const problem of problems?.slice(0, MOST_REPORTED) ?? []) console.log(`  ${problem}`);
  if (problems === undefined) skipped++;
  else if (problems.length > 0) failed++;
  else passed++;
}
if (skipped > 0) console.log(`${skipped} skipped`);
console.log(`${passed} passed, ${failed} failed`);
Deno.exit(failed === 0 ? 0 : 1);

/** Has a scenario done, and all that it uses disposed, also where it is interrupted. */
async function perform(
  scenario: Scenario,
): Promise<Outcome | { did: string; problems: undefined }> {
  const folder = await Deno.makeTempDir({ prefix: "coverage-soak-" });
  await using used = new AsyncDisposableStack();
  used.defer(() => Deno.remove(folder, { recursive: true }));
  const soak = { ...options, folder, use: <T extends AsyncDisposable>(one: T) => used.use(one) };
  try {
    return await Promise.race([scenario(soak), interrupted]);
  } catch (error) {
    if (error instanceof Skipped) return { did: error.message, problems: undefined };
    return { did: "ended early", problems: [Deno.inspect(error)] };
  }
}
