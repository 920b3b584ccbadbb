/** Removes reports that are no longer retained. */
import type { Log } from "../log.ts";

/** What cannot be removed is logged and left to the sweeper, as is everything once `signal` aborts. */
export async function removeReports(
  store: { remove(id: string): Promise<void> },
  ids: readonly string[],
  log: Log,
  signal?: AbortSignal,
): Promise<void> {
  for (const id of ids) {
    if (signal?.aborted) return;
    try {
      await store.remove(id);
    } catch (error) {
      log.warn("a report could not be removed", { report: id, error });
    }
  }
}
