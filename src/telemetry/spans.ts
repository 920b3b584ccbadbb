/**
 * OpenTelemetry spans. Deno exports them where it runs with `OTEL_DENO=true`; otherwise they do
 * nothing.
 */
import { SpanStatusCode, trace } from "@opentelemetry/api";

const tracer = trace.getTracer("coverage-server");

/** Runs `work` in a span, a child of the current one. */
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

/** Names the current request's span by its route, `GET /coverages-api/badge`, not by its address. */
export function nameRequest(method: string, route: string): void {
  const span = trace.getActiveSpan();
  span?.setAttribute("http.route", route);
  span?.updateName(`${method} ${route}`);
}

/** The id of the current trace; undefined where none is recorded. */
export function traceId(): string | undefined {
  return trace.getActiveSpan()?.spanContext().traceId;
}
