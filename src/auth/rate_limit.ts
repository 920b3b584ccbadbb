/**
 * What bad credentials may cost: each is asked about once in a while, each client may try so many,
 * and only a few are checked at a time.
 *
 * @module
 */
import { LRUCache } from "lru-cache";
import { HttpError } from "../errors.ts";
import { Semaphore } from "../http/semaphore.ts";

/** How long a rejection is repeated without asking again. */
const REJECTION_MS = 60_000;
const REJECTIONS = 10_000;
/** Failed attempts of a client in a minute, counted from its first one. */
const MAX_FAILURES = 30;
const FAILURES_MS = 60_000;
const CLIENTS = 10_000;
/** Credentials that are checked at a time; the others wait. */
const AT_ONCE = 16;

/** Rejections that stay true for a while; any other may differ a moment later. */
const LASTING = new Set([401, 403, 422]);
/** Those for a bad credential, rather than for a target that cannot be. */
const BAD = new Set([401, 403]);

export interface Attempt {
  readonly client: string;
  /** The hash of the secret. */
  readonly credential: string;
  /** Where it is checked: rejected there with 401, it is bad for every target. */
  readonly at?: string;
  /** Stands for what it is to authorize. */
  readonly target?: string;
}

/** Remembers rejections and counts them. Both are bounded, and hold no secret. */
export class RateLimit {
  readonly #rejections = new LRUCache<string, HttpError>({
    max: REJECTIONS,
    ttl: REJECTION_MS,
    ttlResolution: 0,
  });
  readonly #failures = new LRUCache<string, { count: number }>({
    max: CLIENTS,
    ttl: FAILURES_MS,
    ttlResolution: 0,
  });
  readonly #underWay = new Map<string, Promise<unknown>>();
  readonly #slots = new Semaphore(AT_ONCE, "credentials");

  /**
   * Does the work, unless it was rejected a moment ago: that is thrown again. Equal attempts at the
   * same time are made once. Throws 429 for a client that has failed too often.
   */
  async run<T>(attempt: Attempt, work: () => Promise<T>): Promise<T> {
    const { client, credential, at = "", target = "" } = attempt;
    const everywhere = JSON.stringify([credential, at]);
    const here = JSON.stringify([credential, at, target]);
    this.#refuseTooMany(client);
    const known = this.#rejections.get(everywhere) ?? this.#rejections.get(here);
    if (known) {
      this.#count(client, known);
      throw known;
    }
    try {
      return await this.#once(here, async () => {
        using _slot = await this.#slots.acquire();
        this.#refuseTooMany(client); // it may have failed while this one waited
        return await work();
      });
    } catch (error) {
      if (error instanceof HttpError && LASTING.has(error.status)) {
        this.#rejections.set(error.status === 401 ? everywhere : here, error);
        this.#count(client, error);
      }
      throw error;
    }
  }

  #refuseTooMany(client: string): void {
    if ((this.#failures.get(client)?.count ?? 0) < MAX_FAILURES) return;
    const seconds = Math.max(1, Math.ceil(this.#failures.getRemainingTTL(client) / 1000));
    throw new HttpError(
      429,
      `Too many bad credentials from ${client}: ${MAX_FAILURES} within a minute. ` +
        `Retry in ${seconds} seconds.`,
      { headers: { "retry-after": String(seconds) } },
    );
  }

  #count(client: string, { status }: HttpError): void {
    if (!BAD.has(status)) return;
    const counted = this.#failures.get(client);
    if (counted) counted.count++;
    else this.#failures.set(client, { count: 1 });
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
