/** The metrics of a server that has done everything once. */
import { Metrics } from "../../src/telemetry/metrics.ts";

/** Names as Prometheus has them, each with its type. */
export function metricTypes(): Map<string, string> {
  const metrics = new Metrics();
  metrics.setTotals({ reports: 2, bytes: 300, uploads: 9, active: 2, repositories: 1 });
  metrics.setPercentages([
    { repository: "acme/shop", branch: "main", language: "go", percentage: 50 },
  ]);
  metrics.request({ method: "GET", route: "/", status: 200, seconds: 1 });
  metrics.uploading()("stored");
  metrics.stored({ files: 1, bytes: 1, seconds: 1 });
  const lines = metrics.prometheusText().matchAll(/^# TYPE (\S+) (\S+)$/gm);
  return new Map([...lines].map(([, name, type]) => [name!, type!]));
}

/** Names of the samples; a histogram has three. */
export function sampleNames(): Set<string> {
  return new Set(
    [...metricTypes()].flatMap(([name, type]) =>
      type === "histogram" ? ["bucket", "sum", "count"].map((end) => `${name}_${end}`) : [name]
    ),
  );
}
