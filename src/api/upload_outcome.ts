/**
 * Counts how uploads end.
 *
 * @module
 */
import { classify } from "../errors.ts";
import type { Handler } from "../http/router.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** The handler of uploads, with a count of how they end. */
export function counted(handler: Handler, metrics: Metrics): Handler {
  return async (request, context) => {
    const ended = metrics.uploading();
    try {
      const response = await handler(request, context);
      ended("stored");
      return response;
    } catch (error) {
      const classified = classify(error, context.requestId);
      ended(classified.reason);
      throw classified;
    }
  };
}
