/**
 * What an operator can run beside the server.
 *
 * @module
 */

/** A command: what follows `coverage-server` or `deno task`. */
export interface Command {
  /** What may follow its name, as usage texts write it. */
  readonly usage: string;
  /** What it does, in a line. */
  readonly summary: string;
  /** Does it. Throws a sentence for the operator when it cannot. */
  run(args: readonly string[]): Promise<void>;
}
