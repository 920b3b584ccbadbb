/** Counts and logs how uploads end. */
import { classify } from "../errors.ts";
import type { Handler } from "../http/router.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** The handler of uploads, with a count of how they end and a log line for each rejected one. */
export function counted(
  handler: Handler,
  { metrics, log }: { metrics: Metrics; log: Log },
): Handler {
  return async (request, context) => {
    const ended = metrics.uploading();
    try {
      const response = await handler(request, context);
      ended("stored");
      return response;
    } catch (cause) {
      const error = classify(cause, context.requestId);
      ended(error.reason);
      const { searchParams } = context.url;
      log.info("upload rejected", {
        request: context.requestId,
        repository: `${searchParams.get("org_name")}/${searchParams.get("repo_name")}`,
        branch: searchParams.get("branch_name"),
        status: error.status,
        reason: error.message,
      });
      throw error;
    }
  };
}
