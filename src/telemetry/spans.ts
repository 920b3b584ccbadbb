/**
 * Spans of OpenTelemetry. Deno itself collects and exports them where it runs with `OTEL_DENO=true`;
 * otherwise the calls here come to nothing.
 *
 * @module
 */
import { SpanStatusCode, trace } from "@opentelemetry/api";

const tracer = trace.getTracer("coverage-server");

/** Does work in a span of that name, whose parent is the one that is under way. */
export async function traced<T>(name: string, work: () => T | Promise<T>): Promise<T> {
  return await tracer.startActiveSpan(name, async (span) => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Error) span.recordException(error);
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Says of the request under way which route it took: `GET /coverages-api/badge`, not its address. */
export function nameRequest(method: string, route: string): void {
  const span = trace.getActiveSpan();
  span?.setAttribute("http.route", route);
  span?.updateName(`${method} ${route}`);
}

/** Stands for the trace under way in the log; nothing where nobody collects any. */
export function traceId(): string | undefined {
  return trace.getActiveSpan()?.spanContext().traceId;
}
