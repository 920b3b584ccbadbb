// A collector of OpenTelemetry: takes what is exported over HTTP as JSON, and keeps it.

import { serve } from "./serve.ts";

interface Value {
  stringValue?: string;
}

/** A span, as OTLP writes it; only what tests look at. */
export interface Span {
  name: string;
  spanId: string;
  parentSpanId?: string;
  attributes?: { key: string; value: Value }[];
  status?: { code?: number };
}

export interface Collector extends AsyncDisposable {
  /** What `OTEL_EXPORTER_OTLP_ENDPOINT` is to be. */
  readonly address: string;
  readonly spans: Span[];
  /** Lines of the log. */
  readonly lines: string[];
  metrics(...names: string[]): Promise<void>;
}

/** Starts a collector on a free port. */
export function startCollector(): Collector {
  const spans: Span[] = [];
  const lines: string[] = [];
  const metrics = new Set<string>();
  let arrived = Promise.withResolvers<void>();
  const server = serve(async (request) => {
    const { resourceSpans = [], resourceMetrics = [], resourceLogs = [] } = await request.json();
    for (const { scopeSpans } of resourceSpans) {
      for (const scope of scopeSpans) spans.push(...scope.spans);
    }
    for (const { scopeLogs } of resourceLogs) {
      for (const { logRecords } of scopeLogs) {
        lines.push(...logRecords.map(({ body }: { body: Value }) => body.stringValue ?? ""));
      }
    }
    for (const { scopeMetrics } of resourceMetrics) {
      for (const scope of scopeMetrics) {
        for (const { name } of scope.metrics) metrics.add(name);
      }
    }
    arrived.resolve();
    arrived = Promise.withResolvers();
    return Response.json({});
  });
  return {
    ...server,
    spans,
    lines,
    async metrics(...names) {
      while (!names.every((name) => metrics.has(name))) await arrived.promise;
    },
  };
}
