/** What postgres.js does wrong when a connection breaks, and how the server outlives it. */
import type { Sql } from "postgres";
import { isDatabaseAway } from "../errors.ts";

/** A client is not replaced more often: while the database is away, each attempt breaks. */
const LEAST_AGE_MS = 1000;
/** Time for what runs on the other connections of a client that is replaced. */
const RETIREMENT_MS = 15_000;

/**
 * A client that is replaced by a new one after it has lost a connection; `make` gets a function to call
 * when it has. postgres.js keeps what it was about to write then, and a timer that never fires again, so
 * that the connection runs no statement after it reconnects (github.com/porsager/postgres issue 1154).
 */
export function reconnecting(
  make: (lost: () => void) => Sql,
  { leastAgeMs = LEAST_AGE_MS } = {},
): Sql {
  const retired = new Map<Sql, ReturnType<typeof setTimeout>>();
  let current = begin();
  let hasEnded = false;

  function begin() {
    const client = {
      sql: make(() => client.isBroken = true),
      isBroken: false,
      at: performance.now(),
    };
    return client;
  }

  function sql(): Sql {
    if (current.isBroken && !hasEnded && performance.now() - current.at >= leastAgeMs) {
      // One at a time, or a database that comes and goes would run out of connections.
      for (const client of retired.keys()) retire(client);
      const old = current.sql;
      retired.set(old, setTimeout(() => retire(old), RETIREMENT_MS));
      current = begin();
    }
    return current.sql;
  }

  function retire(client: Sql): void {
    clearTimeout(retired.get(client));
    retired.delete(client);
    void client.end({ timeout: 0 });
  }

  async function end(options?: { timeout?: number }): Promise<void> {
    hasEnded = true; // its connections break now, and later statements must not get a new client
    const clients = [current.sql, ...retired.keys()];
    for (const timer of retired.values()) clearTimeout(timer);
    await Promise.all(clients.map((client) => client.end(options)));
  }

  return new Proxy(current.sql, {
    apply: (_, self, args) => Reflect.apply(sql(), self, args),
    get: (_, name) => name === "end" ? end : Reflect.get(sql(), name),
  });
}

/**
 * Keeps the process alive while the database is away: postgres.js has errors then that nobody can catch
 * (github.com/porsager/postgres issues 1066 and 1154). All others pass.
 */
export function surviveOutages(): Disposable {
  const onError = (event: ErrorEvent) => {
    if (isLostWrite(event.error)) event.preventDefault();
  };
  const onRejection = (event: PromiseRejectionEvent) => {
    // The client reads types on a new connection, and ignores it when that breaks. Requests await
    // their statements, so nothing of theirs comes here.
    if (isDatabaseAway(event.reason)) event.preventDefault();
  };
  globalThis.addEventListener("error", onError);
  globalThis.addEventListener("unhandledrejection", onRejection);
  return {
    [Symbol.dispose]() {
      globalThis.removeEventListener("error", onError);
      globalThis.removeEventListener("unhandledrejection", onRejection);
    },
  };
}

/** A transaction's `rollback`, written to a connection that is no more. */
function isLostWrite(error: unknown): boolean {
  return error instanceof TypeError && error.message.includes("reading 'write'") &&
    /nextWrite .*postgres.*connection\.js/.test(error.stack ?? "");
}
