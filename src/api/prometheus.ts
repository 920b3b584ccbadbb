/** `GET /coverages-api/metrics`: the page that Prometheus scrapes. */
import type { Sql } from "postgres";
import type { Config } from "../config.ts";
import { readPercentages } from "../db/repositories.ts";
import type { Handler } from "../http/router.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** Without its database the server answers with the coverage that it had last. */
export function createMetricsHandler(
  { config: { metricsRepositories }, sql, metrics, log }: {
    config: Pick<Config, "metricsRepositories">;
    sql: Sql;
    metrics: Metrics;
    log: Log;
  },
): Handler {
  const headers = { "content-type": "text/plain; version=0.0.4; charset=utf-8" };
  return async () => {
    if (metricsRepositories > 0) {
      await readPercentages(sql, metricsRepositories).then(
        (percentages) => metrics.setPercentages(percentages),
        (error) => log.warn("the coverage of repositories could not be measured", { error }),
      );
    }
    return new Response(metrics.prometheusText(), { headers });
  };
}
