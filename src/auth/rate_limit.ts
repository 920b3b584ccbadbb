/**
 * What bad credentials may cost: each is asked about once in a while, each client may try so many,
 * and so many are asked about at a time.
 *
 * @module
 */
import { LRUCache } from "lru-cache";
import { HttpError } from "../errors.ts";
import { Semaphore } from "../http/semaphore.ts";

/** How long a refusal is answered again without another look. */
const REFUSAL_MS = 60_000;
const REFUSALS = 10_000;
/** Failed attempts of a client in a minute, counted from its first one. */
const MAX_FAILURES = 30;
const FAILURES_MS = 60_000;
const CLIENTS = 10_000;
/** Credentials that are looked at at a time; the others wait. */
const AT_ONCE = 16;

/** Refusals that stay true for a while; any other may be different a moment later. */
const LASTING = new Set([401, 403, 422]);
/** Those of them that are for a bad credential, rather than for a subject that cannot be. */
const BAD = new Set([401, 403]);

/** Who tries what. */
export interface Attempt {
  /** The client. */
  readonly client: string;
  /** Stands for the secret. */
  readonly credential: string;
  /** Stands for who has to know it: what is refused there with 401 is so for every subject. */
  readonly at?: string;
  /** Stands for what is wanted with it. */
  readonly subject?: string;
}

/** Remembers refusals and counts them. Both are bounded, and hold no secret. */
export class Attempts {
  readonly #refusals = new LRUCache<string, HttpError>({
    max: REFUSALS,
    ttl: REFUSAL_MS,
    ttlResolution: 0,
  });
  readonly #failures = new LRUCache<string, { count: number }>({
    max: CLIENTS,
    ttl: FAILURES_MS,
    ttlResolution: 0,
  });
  readonly #underWay = new Map<string, Promise<unknown>>();
  readonly #places = new Semaphore(AT_ONCE, "credentials");

  /**
   * Does the work, unless it was refused a moment ago, in which case it is refused again; the same at
   * the same time is done once. Throws 429 for a client that has failed too often.
   */
  async make<T>(attempt: Attempt, work: () => Promise<T>): Promise<T> {
    const { client, credential, at = "", subject = "" } = attempt;
    const everywhere = JSON.stringify([credential, at]);
    const here = JSON.stringify([credential, at, subject]);
    this.#refuseTooMany(client);
    const known = this.#refusals.get(everywhere) ?? this.#refusals.get(here);
    if (known) {
      this.#count(client, known);
      throw known;
    }
    try {
      return await this.#once(here, async () => {
        using _place = await this.#places.acquire();
        this.#refuseTooMany(client); // it may have failed while this one waited
        return await work();
      });
    } catch (error) {
      if (error instanceof HttpError && LASTING.has(error.status)) {
        this.#refusals.set(error.status === 401 ? everywhere : here, error);
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
      `There were ${MAX_FAILURES} attempts with bad credentials from ${client} within a minute; ` +
        `it may try again in ${seconds} seconds.`,
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
