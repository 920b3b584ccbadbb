/** Limits how many requests do something at a time. */
import { HttpError } from "../errors.ts";

/** Requests that may be queued, for each one that runs. */
const QUEUED_PER_SLOT = 25;

/**
 * A fair queue for a few slots. One owner, such as a repository, gets at most all but one of them, and
 * its part of the queue: others go on while it is slow.
 */
export class Semaphore {
  readonly #slots: number;
  readonly #perOwner: number;
  readonly #what: string;
  #running = 0;
  readonly #runningOf = new Map<string, number>();
  readonly #queue: Waiting[] = [];

  /** `what` is named in the refusal, in the plural: "uploads". */
  constructor(slots: number, what: string) {
    this.#slots = slots;
    this.#perOwner = Math.max(1, slots - 1);
    this.#what = what;
  }

  /**
   * Waits for a slot; dispose the result to free it. Throws 429 when the queue is full, and 400 when
   * the signal is aborted before it has one.
   */
  async acquire(signal?: AbortSignal, owner?: string): Promise<Disposable> {
    if (signal?.aborted) throw clientIsGone();
    if (this.#isFreeFor(owner)) this.#acquire(owner);
    else await this.#wait(owner, signal);
    return { [Symbol.dispose]: () => this.#release(owner) };
  }

  #wait(owner: string | undefined, signal?: AbortSignal): Promise<void> {
    this.#refuseIfFull("", this.#slots, this.#running, this.#queue.length);
    if (owner !== undefined) {
      const queued = this.#queue.filter((other) => other.owner === owner).length;
      this.#refuseIfFull(` of ${owner}`, this.#perOwner, this.#runningOf.get(owner) ?? 0, queued);
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { owner, start: resolve };
    this.#queue.push(waiting);
    const leave = () => {
      const place = this.#queue.indexOf(waiting);
      if (place < 0) return;
      this.#queue.splice(place, 1);
      reject(clientIsGone());
    };
    signal?.addEventListener("abort", leave, { once: true });
    return promise.finally(() => signal?.removeEventListener("abort", leave));
  }

  #refuseIfFull(whose: string, slots: number, running: number, queued: number): void {
    if (queued < slots * QUEUED_PER_SLOT) return;
    throw new HttpError(
      429,
      `Too many ${this.#what}${whose}: ${running} running, ${queued} queued. Retry later.`,
      { headers: { "retry-after": "10" } },
    );
  }

  #isFreeFor(owner: string | undefined): boolean {
    if (this.#running >= this.#slots) return false;
    return owner === undefined || (this.#runningOf.get(owner) ?? 0) < this.#perOwner;
  }

  #acquire(owner: string | undefined): void {
    this.#running++;
    if (owner !== undefined) this.#runningOf.set(owner, (this.#runningOf.get(owner) ?? 0) + 1);
  }

  /** Hands the slot to the request that has waited longest and may have it. */
  #release(owner: string | undefined): void {
    this.#running--;
    if (owner !== undefined) {
      const left = this.#runningOf.get(owner)! - 1;
      if (left > 0) this.#runningOf.set(owner, left);
      else this.#runningOf.delete(owner);
    }
    const next = this.#queue.findIndex((waiting) => this.#isFreeFor(waiting.owner));
    if (next < 0) return;
    const [waiting] = this.#queue.splice(next, 1);
    this.#acquire(waiting!.owner);
    waiting!.start();
  }
}

interface Waiting {
  readonly owner: string | undefined;
  start(): void;
}

function clientIsGone(): HttpError {
  return new HttpError(400, "The client closed the connection.", { reason: "gone" });
}
