/**
 * What the soak is asked to do.
 *
 * @module
 */
import { parseArgs } from "node:util";

/** The options. */
export interface Options {
  /** Times that a server is killed, on each database. */
  readonly kills: number;
  /** Seconds of a load; outages and floods are shorter, and follow from it. */
  readonly seconds: number;
  /** What random choices follow from. */
  readonly seed: number;
  /** What the names of scenarios that are to run begin with; none: all run. */
  readonly only: readonly string[];
}

/** How the soak is called. */
export const USAGE =
  `Usage: deno task soak [--kills N] [--seconds S] [--seed N] [--only SCENARIO]...
  --kills N        times that a server is killed, on each database (default 50)
  --seconds S      length of a load, in seconds (default 120)
  --seed N         a whole number (default: random, and printed)
  --only SCENARIO  those whose name begins so; may be repeated`;

/** Reads the arguments; throws a sentence for what it does not know. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      kills: { type: "string", default: "50" },
      seconds: { type: "string", default: "120" },
      seed: { type: "string", default: String(crypto.getRandomValues(new Uint32Array(1))[0]) },
      only: { type: "string", multiple: true, default: [] },
    },
  });
  return {
    kills: whole("kills", values.kills),
    seconds: whole("seconds", values.seconds),
    seed: whole("seed", values.seed),
    only: values.only,
  };
}

function whole(name: string, value: string): number {
  if (/^\d{1,15}$/.test(value) && (Number(value) > 0 || name === "seed")) return Number(value);
  throw new Error(`--${name} is ${JSON.stringify(value)}; it must be a whole number above 0.`);
}
