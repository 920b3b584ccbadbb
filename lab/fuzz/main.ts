/**
 * `deno task fuzz`: mutated archives and coverage files, to the parts that read them and to the whole
 * server. Ends with 1 after any failure.
 */
import fc from "fast-check";
import { readCommand } from "../support/options.ts";
import { archive } from "./archive.ts";
import { readCorpus, type Target } from "./corpus.ts";
import { coverage } from "./coverage.ts";
import { upload } from "./upload.ts";

const targets: Readonly<Record<string, Target>> = { coverage, archive, upload };
const USAGE = `Usage: deno task fuzz [options] [target...]
Targets: ${Object.keys(targets).join(", ")} (default: all)
  --runs N     uploads (default 1500); the other targets run a multiple of it
  --seed N     what the inputs follow from (default: random, and printed)
  --seconds N  no target runs longer (default 60)`;
/** A run that takes longer hangs: the largest input takes well under a second. */
const MAX_RUN_MS = 30_000;

const { options, chosen } = readCommand(USAGE, targets, {
  runs: 1500,
  seed: Math.floor(Math.random() * 2 ** 31),
  seconds: 60,
});
let passed = 0, failed = 0;
function fail(what: string): void {
  failed++;
  console.log(`FAILED ${what}`);
}
// It would end a server.
globalThis.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  fail(`a rejection was not handled: ${Deno.inspect(event.reason)}`);
});

const corpus = await readCorpus();
console.log(`seed ${options.seed}`);
for (const [name, { times, run }] of chosen) {
  const outcomes = new Map<string, number>();
  const startedAt = performance.now();
  try {
    await run(corpus, async (input, holds) => {
      const property = fc.asyncProperty(input, async (value) => {
        const outcome = await holds(value);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      });
      const details = await fc.check(property, {
        seed: options.seed,
        numRuns: options.runs * times,
        timeout: MAX_RUN_MS,
        interruptAfterTimeLimit: options.seconds * 1000,
      });
      passed += details.numRuns - (details.failed ? 1 : 0);
      if (details.failed) {
        const report = fc.defaultReportMessage(details);
        fail(`${name} --seed ${details.seed}\n${report}\n${Deno.inspect(details.errorInstance)}`);
      }
    });
  } catch (error) {
    fail(`${name} after its runs: ${Deno.inspect(error)}`);
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const counts = [...outcomes].sort().map(([outcome, count]) => `${count} ${outcome}`);
  console.log(`${name}: ${counts.join(", ") || "nothing passed"}, in ${seconds} s`);
}
console.log(`${passed} passed, ${failed} failed`);
Deno.exit(failed === 0 ? 0 : 1);
