/**
 * A part of the fuzzer: which of its runs are made, and when it stops.
 *
 * @module
 */
import type { Corpus } from "./corpus.ts";
import type { Ledger } from "./ledger.ts";
import type { Traps } from "./names.ts";
import type { Options } from "./options.ts";

/** What every part works with. */
export interface Bench {
  readonly options: Options;
  readonly corpus: Corpus;
  readonly ledger: Ledger;
  readonly traps: Traps;
}

/** A run that takes longer hangs: the largest input takes well under a second. */
const MAX_RUN_MS = 30_000;

/** Makes the runs of a part until they or its share of the time are used up; prints its rate. */
export async function runPart(
  { options, ledger }: Bench,
  part: string,
  { runs, share }: { runs: number; share: number },
  run: (iteration: number) => Promise<void>,
): Promise<void> {
  const { only, seconds } = options;
  if (only && only.part !== part) return;
  const startedAt = performance.now();
  const deadline = startedAt + seconds * share * 1000;
  let done = 0;
  let slowest = { here: "", ms: 0 };
  for (let iteration = only?.iteration ?? 0; only ? done === 0 : iteration < runs; iteration++) {
    if (performance.now() > deadline) {
      console.log(`${part}: stopped after ${done} of ${runs} runs, its share of the time is over`);
      break;
    }
    done++;
    const here = `--only ${part}:${iteration}`;
    const begunAt = performance.now();
    const guarded = Promise.try(run, iteration).catch((error) =>
      ledger.addProblem(`${here} threw ${Deno.inspect(error)}`)
    );
    if (await hangs(guarded)) {
      ledger.addProblem(`${here} has not ended in ${MAX_RUN_MS} ms`);
      break; // what it holds would spoil every run after it
    }
    const ms = performance.now() - begunAt;
    if (ms > slowest.ms) slowest = { here, ms };
  }
  const took = (performance.now() - startedAt) / 1000;
  console.log(
    `${part}: ${done} runs in ${took.toFixed(1)} s, ${(done / took).toFixed(1)} runs per second, ` +
      `slowest ${slowest.ms.toFixed(0)} ms (${slowest.here})`,
  );
}

/** Waits for a run, but not forever. */
async function hangs(run: Promise<void>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(true), MAX_RUN_MS);
  });
  try {
    return await Promise.race([run.then(() => false), late]);
  } finally {
    clearTimeout(timer);
  }
}
