/**
 * What the fuzzer is asked to do.
 *
 * @module
 */
import { parseArgs } from "node:util";

/** The options; every input follows from the seed alone. */
export interface Options {
  /** Uploads; the other parts run a multiple of it. */
  readonly runs: number;
  /** What the random choices follow from. */
  readonly seed: number;
  /** Seconds after which no further run begins. */
  readonly seconds: number;
  /** One run only, as a failure names it. */
  readonly only: { readonly part: string; readonly iteration: number } | undefined;
}

/** How the fuzzer is called. */
export const USAGE =
  `Usage: deno run -A lab/fuzz/main.ts [--runs N] [--seed S] [--seconds T] [--only PART:I]
  --runs N       uploads (default 2400); the parsers alone get a multiple of it
  --seed S       a whole number (default: random, and printed)
  --seconds T    no further run begins after so many (default 170)
  --only PART:I  repeat one run, as a failure names it: uploads:17`;

/** Reads the arguments; throws a sentence for what it does not know. */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      runs: { type: "string", default: "2400" },
      seed: { type: "string", default: String(crypto.getRandomValues(new Uint32Array(1))[0]) },
      seconds: { type: "string", default: "170" },
      only: { type: "string" },
    },
  });
  const [, part, iteration] = /^([a-z]+):(\d+)$/.exec(values.only ?? "") ?? [];
  if (values.only !== undefined && part === undefined) {
    throw new Error(`--only is ${JSON.stringify(values.only)}; it must be like uploads:17`);
  }
  return {
    runs: whole("runs", values.runs),
    seed: whole("seed", values.seed),
    seconds: whole("seconds", values.seconds),
    only: part === undefined ? undefined : { part, iteration: Number(iteration) },
  };
}

function whole(name: string, value: string): number {
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw new Error(`--${name} is ${JSON.stringify(value)}; it must be a whole number`);
}
