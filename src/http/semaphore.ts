/**
 * How much is worked on at a time.
 *
 * @module
 */
import { HttpError } from "../errors.ts";

/** Requests that may wait, for each one that is worked on. */
const WAITING_PER_SLOT = 25;

/** A fair queue for a few places. */
export class Semaphore {
  readonly #most: number;
  readonly #what: string;
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  /** Gives out `most` places at a time for `what`, in the plural. */
  constructor(most: number, what: string) {
    this.#most = most;
    this.#what = what;
  }

  /** Waits for a place; dispose it to give it back. Throws 429 when too many wait already. */
  async acquire(): Promise<Disposable> {
    if (this.#taken >= this.#most) {
      const mayWait = this.#most * WAITING_PER_SLOT;
      if (this.#waiting.length >= mayWait) {
        throw new HttpError(
          429,
          `The server works on ${this.#taken} ${this.#what} and ${mayWait} wait, which is all it takes; try again shortly.`,
          { headers: { "retry-after": "10" } },
        );
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#taken++;
    }
    return { [Symbol.dispose]: () => this.#give() };
  }

  /** Hands the place to who waits longest, so that nobody slips in between. */
  #give(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#taken--;
  }
}
