/**
 * `deno task soak`: what a server must survive, done to the real one. Ends with 1 where anything was
 * lost or is not as it must be.
 */
import { readCommand } from "../support/options.ts";
import { floods } from "./floods.ts";
import { kills } from "./kills.ts";
import { loads } from "./load.ts";
import { outages } from "./outages.ts";
import { several } from "./several.ts";
import { type Outcome, type Scenario, Skipped } from "./scenario.ts";

const scenarios = { ...kills, ...outages, ...floods, ...loads, ...several };
const USAGE = `Usage: deno task soak [--kills N] [--seconds S] [scenario...]
Scenarios: ${Object.keys(scenarios).join(", ")} (default: all)
  --kills N    kills of a server, on each database (default 50)
  --seconds S  length of a load (default 120); outages and floods follow from it
Run it as root with Postgres installed; what it cannot do is skipped.`;
const MOST_REPORTED = 20;

const { options, chosen } = readCommand(USAGE, scenarios, { kills: 50, seconds: 120 });
const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => interrupted.abort("interrupted"));
}

const counts = { ok: 0, FAILED: 0, skipped: 0 };
for (const [name, scenario] of chosen) {
  if (interrupted.signal.aborted) break;
  const startedAt = performance.now();
  const { did, problems } = await perform(scenario);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  const verdict = !problems ? "skipped" : problems.length > 0 ? "FAILED" : "ok";
  counts[verdict]++;
  console.log(`${verdict} ${name} (${seconds} s): ${did}`);
  for (const problem of problems?.slice(0, MOST_REPORTED) ?? []) console.log(`  ${problem}`);
}
if (counts.skipped > 0) console.log(`${counts.skipped} skipped`);
console.log(`${counts.ok} passed, ${counts.FAILED} failed`);
Deno.exit(counts.FAILED === 0 ? 0 : 1);

/** Has a scenario done, and all that it uses disposed, also where it is interrupted. */
async function perform(scenario: Scenario): Promise<Partial<Outcome>> {
  const folder = await Deno.makeTempDir({ prefix: "coverage-soak-" });
  await using used = new AsyncDisposableStack();
  used.defer(() => Deno.remove(folder, { recursive: true }));
  const { signal } = interrupted;
  const interruption = new Promise<never>((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason))
  );
  try {
    return await Promise.race([scenario({ ...options, folder, used }), interruption]);
  } catch (error) {
    if (error instanceof Skipped) return { did: error.message };
    return { did: "ended early", problems: [Deno.inspect(error)] };
  }
}
