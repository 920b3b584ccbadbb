/**
 * Errors of postgres.js that nobody can catch, and that would end the process when the database goes
 * away at a bad moment (github.com/porsager/postgres issues 1066 and 1154).
 */
import { isDatabaseAway } from "../errors.ts";

/** Keeps the process alive while the database is away; all other errors pass. */
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
