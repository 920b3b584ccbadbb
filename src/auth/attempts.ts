/**
 * What bad credentials may cost: each is asked about once in a while, and each client may try so
 * many.
 *
 * @module
 */
import { LRUCache } from "lru-cache";
import { HttpError } from "../http/errors.ts";

/** How long a refusal is answered again without another look. */
const REFUSAL_MS = 60_000;
const REFUSALS = 10_000;
/** Failed attempts of a client in a minute, counted from its first one. */
const MAX_FAILURES = 30;
const FAILURES_MS = 60_000;
const CLIENTS = 10_000;

/** Refusals that stay true for a while; any other may be different a moment later. */
const LASTING = new Set([401, 403, 422]);

/** Remembers refusals and counts them. Both are bounded, and hold no secret. */
export class Attempts {
  readonly #refusals = new LRUCache<string, HttpError>({ max: REFUSALS, ttl: REFUSAL_MS });
  readonly #failures = new LRUCache<string, { count: number }>({ max: CLIENTS, ttl: FAILURES_MS });
  readonly #underWay = new Map<string, Promise<unknown>>();

  /**
   * Does the work, unless it was refused a moment ago, in which case it is refused again.
   * `credential` stands for the secret, `subject` for what is wanted with it; the same at the same
   * time is done once. Throws 429 for a client that has failed too often.
   */
  async make<T>(
    { client, credential, subject = "" }: { client: string; credential: string; subject?: string },
    work: () => Promise<T>,
  ): Promise<T> {
    const key = `${credential} ${subject}`;
    const failures = this.#failures.get(client);
    if (failures && failures.count >= MAX_FAILURES) {
      const seconds = Math.ceil(this.#failures.getRemainingTTL(client) / 1000);
      throw new HttpError(
        429,
        `There were ${MAX_FAILURES} attempts with bad credentials from ${client} within a minute; ` +
          `it may try again in ${seconds} seconds.`,
        { headers: { "retry-after": String(Math.max(1, seconds)) } },
      );
    }
    try {
      const known = this.#refusals.get(credential) ?? this.#refusals.get(key);
      if (known) throw known;
      return await this.#once(key, work);
    } catch (error) {
      if (error instanceof HttpError && LASTING.has(error.status)) {
        // A credential that is bad is so for everything.
        this.#refusals.set(error.status === 401 ? credential : key, error);
        const counted = this.#failures.get(client);
        if (counted) counted.count++;
        else this.#failures.set(client, { count: 1 });
      }
      throw error;
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
