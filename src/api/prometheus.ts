/**
 * `GET /coverages-api/metrics`: what Prometheus reads.
 *
 * @module
 */
import type { Handler } from "../http/router.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** Makes the handler. */
export function createMetricsHandler({ metrics }: { metrics: Metrics }): Handler {
  return async () => {
    const { text, type } = await metrics.page();
    return new Response(text, { headers: { "content-type": type } });
  };
}
