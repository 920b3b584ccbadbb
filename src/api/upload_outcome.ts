/**
 * How uploads end, counted.
 *
 * @module
 */
import { isDatabaseAway, isDatabaseFull } from "../db/connect.ts";
import { HttpError } from "../errors.ts";
import type { Handler } from "../http/router.ts";
import { isDiskAway, isDiskFull } from "../reports/store.ts";
import type { Metrics, Outcome } from "../telemetry/metrics.ts";

const OF_STATUS: Readonly<Record<number, Outcome>> = {
  401: "unauthorized",
  403: "unauthorized",
  413: "too_large",
  429: "busy",
  503: "unavailable",
  507: "disk_full",
};

/** The handler of uploads, and a count of how they end. */
export function counted(handler: Handler, metrics: Metrics): Handler {
  return async (request, context) => {
    const ended = metrics.uploading();
    try {
      const response = await handler(request, context);
      ended("stored");
      return response;
    } catch (error) {
      ended(outcomeOf(error));
      throw error;
    }
  };
}

function outcomeOf(error: unknown): Outcome {
  if (isDatabaseAway(error) || isDiskAway(error)) return "unavailable";
  if (isDatabaseFull(error) || isDiskFull(error)) return "disk_full";
  if (!(error instanceof HttpError)) return "failed";
  // A body that breaks off; one that is ill-formed fails otherwise.
  if (error.cause instanceof Deno.errors.BadResource) return "gone";
  return OF_STATUS[error.status] ?? (error.status < 500 ? "refused" : "failed");
}
