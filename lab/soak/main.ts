/**
 * The soak: what a server must survive, done to the real one. `deno task soak`; ends with 1 when
 * anything was lost or is not as it must be.
 *
 * @module
 */
import { makeScratch } from "../bench/scratch.ts";
import { formatTable } from "../bench/table.ts";
import { Random } from "../fuzz/random.ts";
import { clockEmbedded, clockPostgres } from "./clocks.ts";
import { crowdEmbedded, crowdPostgres } from "./crowd.ts";
import { allFull, reportsFull, reportsReadOnly } from "./disk_outages.ts";
import {
  endlessBodies,
  headerFlood,
  slowBodies,
  slowHeaders,
  slowReaders,
  tooManyConnections,
} from "./floods.ts";
import { killsEmbedded, killsPostgres } from "./kills.ts";
import { type Options, readOptions, USAGE } from "./options.ts";
import {
  postgresCrowded,
  postgresFull,
  postgresPaused,
  postgresRestarted,
} from "./postgres_outages.ts";
import { type Outcome, type Scenario, Skipped, type Soak } from "./scenario.ts";

const scenarios: Readonly<Record<string, Scenario>> = {
  "kills-embedded": killsEmbedded,
  "kills-postgres": killsPostgres,
  "postgres-restarted": postgresRestarted,
  "postgres-paused": postgresPaused,
  "postgres-crowded": postgresCrowded,
  "postgres-full": postgresFull,
  "disk-full": reportsFull,
  "disk-full-embedded": allFull,
  "disk-read-only": reportsReadOnly,
  "clock-embedded": clockEmbedded,
  "clock-postgres": clockPostgres,
  "crowd-embedded": crowdEmbedded,
  "crowd-postgres": crowdPostgres,
  "slow-headers": slowHeaders,
  "slow-bodies": slowBodies,
  "slow-readers": slowReaders,
  "endless-bodies": endlessBodies,
  "header-flood": headerFlood,
  "too-many-connections": tooManyConnections,
};

/** Has one scenario done, and all that it has kept disposed, also where it is interrupted. */
async function perform(
  name: string,
  options: Options,
  interrupted: Promise<never>,
): Promise<Outcome> {
  await using kept = new AsyncDisposableStack();
  const scratch = kept.use(await makeScratch());
  const soak: Soak = {
    options,
    random: new Random(options.seed, name),
    folder: scratch.folder,
    keep: (resource) => kept.use(resource),
    say: (sentence) => console.log(`  ${name}: ${sentence}`),
  };
  return await Promise.race([scenarios[name]!(soak), interrupted]);
}

/** Runs the scenarios that are asked for, and prints what came of them; whether all passed. */
async function runAll(options: Options, interrupted: Promise<never>): Promise<boolean> {
  const names = Object.keys(scenarios).filter((name) =>
    options.only.length === 0 || options.only.some((start) => name.startsWith(start))
  );
  if (names.length === 0) {
    throw new Error(`There is no such scenario; there are ${Object.keys(scenarios).join(", ")}.`);
  }
  console.log(`seed ${options.seed}, ${options.kills} kills, ${options.seconds} s of load`);
  const rows = [["scenario", "what was done", "acknowledged", "lost", "took", "verdict"]];
  const count = { passed: 0, failed: 0, skipped: 0 };
  for (const name of names) {
    const startedAt = performance.now();
    const took = () => `${((performance.now() - startedAt) / 1000).toFixed(0)} s`;
    console.log(`${name} …`);
    const outcome = await perform(name, options, interrupted).catch((error) => {
      if (error instanceof Interrupted) throw error;
      return error instanceof Skipped ? error : failure(error);
    });
    if (outcome instanceof Skipped) {
      count.skipped++;
      rows.push([name, outcome.message, "", "", took(), "skipped"]);
      continue;
    }
    const { did, acknowledged, lost, problems } = outcome;
    const hasPassed = lost === 0 && problems.length === 0;
    count[hasPassed ? "passed" : "failed"]++;
    report(problems);
    rows.push([name, did, `${acknowledged}`, `${lost}`, took(), hasPassed ? "ok" : "FAILED"]);
  }
  console.log(`\n${formatTable(rows)}\n`);
  if (count.skipped > 0) console.log(`${count.skipped} skipped`);
  console.log(`${count.passed} passed, ${count.failed} failed`);
  return count.failed === 0;
}

/** A scenario that could not be gone through to its end. */
function failure(error: unknown): Outcome {
  return { did: "ended early", acknowledged: 0, lost: 0, problems: [Deno.inspect(error)] };
}

class Interrupted extends Error {}

const MOST_REPORTED = 20;

function report(problems: readonly string[]): void {
  for (const problem of problems.slice(0, MOST_REPORTED)) console.log(`  ${problem}`);
  const more = problems.length - MOST_REPORTED;
  if (more > 0) console.log(`  and ${more} more`);
}

function optionsOrUsage(): Options {
  try {
    return readOptions(Deno.args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${USAGE}`);
    Deno.exit(2);
  }
}

const { promise: interrupted, reject: interrupt } = Promise.withResolvers<never>();
interrupted.catch(() => {});
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => interrupt(new Interrupted("it was interrupted")));
}
try {
  Deno.exit(await runAll(optionsOrUsage(), interrupted) ? 0 : 1);
} catch (error) {
  console.error(error instanceof Interrupted ? error.message : error);
  Deno.exit(1);
}
