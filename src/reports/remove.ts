/**
 * Takes away reports that are no longer kept.
 *
 * @module
 */
import type { Log } from "../log.ts";
import type { ReportStore } from "./store.ts";

/**
 * Removes reports; one that cannot be removed now is logged, and left to the sweeper, and so are those
 * that there is no time for once `signal` says so.
 */
export async function removeReports(
  store: Pick<ReportStore, "remove">,
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
