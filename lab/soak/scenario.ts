/**
 * What a scenario is given, and what it gives.
 *
 * @module
 */
import type { Random } from "../fuzz/random.ts";
import type { Options } from "./options.ts";

/** What came of a scenario. */
export interface Outcome {
  /** What was done, with counts. */
  readonly did: string;
  /** Uploads that the server acknowledged meanwhile. */
  readonly acknowledged: number;
  /** Those of them that are not there any more, or not whole. */
  readonly lost: number;
  /** A sentence for each thing that is not as it must be; none: passed. */
  readonly problems: readonly string[];
}

/** What a scenario works with. */
export interface Soak {
  /** How much is to be done. */
  readonly options: Options;
  /** Its random choices. */
  readonly random: Random;
  /** A folder of its own. */
  readonly folder: string;
  /** Has something disposed when the scenario is over, or the soak is interrupted; the last first. */
  keep<T extends AsyncDisposable>(resource: T): T;
  /** Says how far it is. */
  say(sentence: string): void;
}

/** Something bad that is done to a server, and what is found afterwards. */
export type Scenario = (soak: Soak) => Promise<Outcome>;

/** A scenario cannot run on this machine; the message says what it lacks. */
export class Skipped extends Error {
  /** `Skipped`. */
  override readonly name = "Skipped";
}
