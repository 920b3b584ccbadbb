/**
 * What bad credentials may cost: each is asked about once in a while, and a client whose credentials
 * are bad waits between attempts. Nobody is locked out, because a good credential may come from the
 * same address.
 */
import { LRUCache } from "lru-cache";
import { HttpError } from "../errors.ts";
import { Semaphore } from "../http/semaphore.ts";

/** How long a rejection is repeated without asking again. */
const REJECTION_MS = 60_000;
const REJECTIONS = 10_000;
/** Bad credentials of a client at once, and how many more a second. */
const CLIENT_FAILURES = 30;
const CLIENT_PER_SECOND = 1;
const CLIENTS = 10_000;
/**
 * The same for all checks at a GitHub, which must not take this server for an attacker: for clients
 * that have just failed, and apart from them for all others.
 */
const REMOTE_FAILURES = 30;
const REMOTE_PER_SECOND = 5;
/** Longest wait; who would have to wait longer is refused. */
const MAX_WAIT_SECONDS = 3;
/** How long a good credential passes without waiting: a job has one for all its requests. */
const GOOD_MS = 60 * 60 * 1000;
const GOOD = 10_000;
/** Credentials that are checked at a time; the others wait. */
const AT_ONCE = 16;

/** Rejections that stay true for a while; any other may differ a moment later. */
const LASTING = new Set([401, 403, 422]);
/** Those for a bad credential, rather than for a target that cannot be. */
const BAD = new Set([401, 403]);

interface Attempt {
  readonly client: string;
  /** The hash of the secret. */
  readonly credential: string;
  /** Where it is checked: rejected there with 401, it is bad for every target. */
  readonly at?: string;
  /** Stands for what it is to authorize. */
  readonly target?: string;
  /** Whether a GitHub is asked. */
  readonly isRemote?: boolean;
}

/** Remembers rejections and counts them. Both are bounded, and hold no secret. */
export class RateLimit {
  readonly #rejections = new LRUCache<string, HttpError>({
    max: REJECTIONS,
    ttl: REJECTION_MS,
    ttlResolution: 0,
  });
  readonly #good = new LRUCache<string, true>({ max: GOOD, ttl: GOOD_MS });
  readonly #clients = new LRUCache<string, Allowance>({ max: CLIENTS });
  readonly #remote = {
    failing: new Allowance(REMOTE_FAILURES, REMOTE_PER_SECOND),
    others: new Allowance(REMOTE_FAILURES, REMOTE_PER_SECOND),
  };
  readonly #underWay = new Map<string, Promise<unknown>>();
  readonly #slots = new Semaphore(AT_ONCE, "credentials");

  /**
   * Does the work, unless it was rejected a moment ago: that is thrown again. Equal attempts at the
   * same time are made once. After too many failures it waits before; throws 429 where that would take
   * too long.
   */
  async run<T>(attempt: Attempt, work: () => Promise<T>): Promise<T> {
    const { credential, at = "", target = "" } = attempt;
    const everywhere = JSON.stringify([credential, at]);
    const here = JSON.stringify([credential, at, target]);
    const known = this.#rejections.get(everywhere) ?? this.#rejections.get(here);
    if (known) throw known;
    return await this.#once(here, async () => {
      const allowances = this.#allowances(attempt);
      using _slot = this.#good.has(everywhere)
        ? await this.#slots.acquire()
        : await this.#turn(attempt.client, allowances);
      try {
        const result = await work();
        this.#good.set(everywhere, true);
        return result;
      } catch (error) {
        const status = error instanceof HttpError ? error.status : 500;
        if (LASTING.has(status)) {
          this.#rejections.set(status === 401 ? everywhere : here, error as HttpError);
        }
        if (status === 401) this.#good.delete(everywhere);
        const [client, remote] = allowances;
        if (BAD.has(status)) client.fail();
        // Whatever went wrong there, it was asked; a 422 says that the token is good.
        if (status !== 422) remote?.fail();
        throw error;
      }
    });
  }

  #allowances({ client, isRemote = false }: Attempt): [Allowance, Allowance?] {
    let own = this.#clients.get(client);
    if (!own) this.#clients.set(client, own = new Allowance(CLIENT_FAILURES, CLIENT_PER_SECOND));
    if (!isRemote) return [own];
    return [own, own.level > 0 ? this.#remote.failing : this.#remote.others];
  }

  /** Waits until one more may fail, for the client and at GitHub, and for a slot. */
  async #turn(client: string, allowances: [Allowance, Allowance?]): Promise<Disposable> {
    const all = allowances.filter((allowance) => allowance !== undefined);
    const until = performance.now() + MAX_WAIT_SECONDS * 1000;
    for (let hasWaited = false;;) {
      const slot = await this.#slots.acquire();
      // Who has waited does not line up again behind those that still wait.
      const seconds = Math.max(
        ...all.map((allowance) => hasWaited ? allowance.seconds : allowance.secondsBehind),
      );
      if (seconds === 0) return slot;
      slot[Symbol.dispose]();
      if (performance.now() + seconds * 1000 > until) throw tooMany(client, seconds);
      using waiting = new DisposableStack();
      for (const allowance of all) waiting.use(allowance.wait());
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      hasWaited = true;
    }
  }

  async #once<T>(key: string, work: () => Promise<T>): Promise<T> {
    const other = this.#underWay.get(key) as Promise<T> | undefined;
    if (other) return await other;
    const promise = work();
    this.#underWay.set(key, promise);
    try {
      return await promise;
    } finally {
      this.#underWay.delete(key);
    }
  }
}

function tooMany(client: string, wait: number): HttpError {
  const seconds = Math.ceil(wait);
  return new HttpError(
    429,
    `Too many bad credentials from ${client}, or from everywhere. Retry in ${seconds} seconds.`,
    { headers: { "retry-after": String(seconds) } },
  );
}

/** How many failures may follow each other before the next attempt has to wait: a leaky bucket. */
class Allowance {
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
