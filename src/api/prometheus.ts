/**
 * `GET /coverages-api/metrics`: the page that Prometheus scrapes.
 *
 * @module
 */
import type { Handler } from "../http/router.ts";
import type { Metrics } from "../telemetry/metrics.ts";

export function createMetricsHandler({ metrics }: { metrics: Metrics }): Handler {
  const headers = { "content-type": "text/plain; version=0.0.4; charset=utf-8" };
  return () => new Response(metrics.prometheusText(), { headers });
}
