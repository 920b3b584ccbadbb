/** How many failures may follow each other before the next attempt has to wait: a leaky bucket. */

export class Allowance {
  readonly #most: number;
  readonly #perSecond: number;
  #level = 0;
  #at = performance.now();
  #waiting = 0;

  /** `most` failures at once; `perSecond` of them are forgotten each second. */
  constructor(most: number, perSecond: number) {
    this.#most = most;
    this.#perSecond = perSecond;
  }

  /** The failures that are not forgotten yet. */
  get level(): number {
    const now = performance.now();
    this.#level = Math.max(0, this.#level - (now - this.#at) / 1000 * this.#perSecond);
    this.#at = now;
    return this.#level;
  }

  fail(): void {
    this.#level = this.level + 1;
  }

  /** Seconds until one more may fail. */
  get seconds(): number {
    return this.#secondsFor(1);
  }

  /** The same for one that comes after those that wait. */
  get secondsBehind(): number {
    return this.#secondsFor(1 + this.#waiting);
  }

  #secondsFor(more: number): number {
    return Math.max(0, this.level - this.#most + more) / this.#perSecond;
  }

  /** Counts as waiting until it is disposed. */
  wait(): Disposable {
    this.#waiting++;
    return { [Symbol.dispose]: () => void this.#waiting-- };
  }
}
