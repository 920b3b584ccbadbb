/**
 * `deno task soak`: what a server must survive, done to the real one. Ends with 1 where anything was
 * lost or is not as it must be.
 */
import { readCommand } from "../support/options.ts";
import { floods } from "./floods.ts";
import { kills } from "./kills.ts";
import { outages } from "./outages.ts";
import { several } from "./several.ts";
import { type Outcome, type Scenario, Skipped } from "./scenario.ts";

const scenarios = { ...kills, ...outages, ...floods, ...several };
const USAGE = `Usage: deno task soak [--kills N] [--seconds S] [scenario...]
Scenarios: ${Object.keys(scenarios).join(", ")} (default: all)
  --kills N    kills of a server, on each database (default 50)
  --seconds S  what the length of an outage or a flood follows from (default 120)
Run it as root with Postgres installed; what it cannot do is skipped.`;
const MOST_REPORTED = 20;

const { options, chosen } = readCommand(USAGE, scenarios, { kills: 50, seconds: 120 });
let used = new AsyncDisposableStack();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, async () => {
    await used.disposeAsync();
    Deno.exit(1);
  });
}

const counts = { ok: 0, FAILED: 0, skipped: 0 };
for (const [name, scenario] of chosen) {
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

/** Has a scenario done, and all that it uses disposed. */
async function perform(scenario: Scenario): Promise<Partial<Outcome>> {
  used = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "coverage-soak-" });
  used.defer(() => Deno.remove(folder, { recursive: true }));
  try {
    return await scenario({ ...options, folder, used });
  } catch (error) {
    if (error instanceof Skipped) return { did: error.message };
    return { did: "ended early", problems: [Deno.inspect(error)] };
  } finally {
    await used.disposeAsync();
  }
}
