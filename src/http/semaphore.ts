/**
 * Limits how many requests do something at a time.
 *
 * @module
 */
import { HttpError } from "../errors.ts";

/** Requests that may be queued, for each one that runs. */
const QUEUED_PER_SLOT = 25;

/** A fair queue for a few slots. */
export class Semaphore {
  readonly #slots: number;
  readonly #what: string;
  #running = 0;
  readonly #queue: (() => void)[] = [];

  /** `what` is named in the refusal, in the plural: "uploads". */
  constructor(slots: number, what: string) {
    this.#slots = slots;
    this.#what = what;
  }

  /**
   * Waits for a slot; dispose the result to free it. Throws 429 when the queue is full, and 400 when
   * the signal aborts while waiting.
   */
  async acquire(signal?: AbortSignal): Promise<Disposable> {
    if (this.#running < this.#slots) this.#running++;
    else await this.#wait(signal);
    return { [Symbol.dispose]: () => this.#release() };
  }

  #wait(signal?: AbortSignal): Promise<void> {
    const most = this.#slots * QUEUED_PER_SLOT;
    if (this.#queue.length >= most) {
      throw new HttpError(
        429,
        `Too many ${this.#what}: ${this.#running} running, ${most} queued. Retry later.`,
        { headers: { "retry-after": "10" } },
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#queue.push(resolve);
    const leave = () => {
      const place = this.#queue.indexOf(resolve);
      if (place < 0) return;
      this.#queue.splice(place, 1);
      reject(new HttpError(400, "The client closed the connection.", { reason: "gone" }));
    };
    signal?.addEventListener("abort", leave, { once: true });
    return promise.finally(() => signal?.removeEventListener("abort", leave));
  }

  /** Hands the slot to the request that has waited longest. */
  #release(): void {
    const next = this.#queue.shift();
    if (next) next();
    else this.#running--;
  }
}
