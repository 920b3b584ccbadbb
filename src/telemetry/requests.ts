/** One log line and one measurement for each request. */
import { type ByteStream, peek } from "../http/byte_stream.ts";
import type { Connection } from "../http/request.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "./metrics.ts";
import { nameRequest, traceId } from "./spans.ts";

interface Answered {
  readonly request: Request;
  readonly id: string;
  /** Its path in the route table, if it has one. */
  readonly route: string | undefined;
  /** Without the query, which may hold what does not belong in a log. */
  readonly path: string;
  readonly client: string | undefined;
  /** As `performance.now` had it. */
  readonly startedAt: number;
  /** Why the answer is 500 or above. */
  readonly failure: unknown;
}

/** Sent every few seconds by machines; at `info` they would bury the rest. */
const PROBES = /\/(health|metrics)$/;

/**
 * The function that records an answer and returns the one to send. The line is written when that was
 * sent, or the client is gone.
 */
export function createRequestLog(
  { log, metrics }: { log: Log; metrics: Metrics },
): (answered: Answered, response: Response, connection?: Connection) => Promise<Response> {
  return async (answered, response, connection) => {
    const { request: { method }, id, route, path, client, startedAt, failure } = answered;
    const { status } = response;
    if (route !== undefined) nameRequest(method, route);
    const seconds = (performance.now() - startedAt) / 1000;
    metrics.request({ method: knownMethod(method), route: route ?? "none", status, seconds });
    const trace = traceId();
    const { bytes, sized } = await sizeOf(response, method);
    const write = () => {
      const fields = {
        request: id,
        ...(trace === undefined ? {} : { trace }),
        method,
        ...(route === undefined ? {} : { route }),
        path,
        status,
        bytes: bytes(),
        duration_ms: Math.round(performance.now() - startedAt),
        client,
      };
      if (status >= 500) log.error("request failed", { ...fields, error: failure });
      else if (PROBES.test(route ?? "")) log.debug("request", fields);
      else log.info("request", fields);
    };
    if (connection?.completed) connection.completed.then(write, write);
    else write();
    return sized;
  };
}

/** Clients can send any method, and each would be a time series. */
function knownMethod(method: string): string {
  return /^(GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS)$/.test(method) ? method : "other";
}

/** A body of unknown length up to this one is answered whole. */
const WHOLE_BYTES = 64 * 1024;

/**
 * The size of a body, before it is compressed on its way. It is that of its `Content-Length`, or of a
 * small body, which is read; what is sent of a larger one is counted.
 */
async function sizeOf(
  response: Response,
  method: string,
): Promise<{ bytes: () => number; sized: Response }> {
  if (method === "HEAD") return { bytes: () => 0, sized: response };
  const { status, headers } = response;
  const length = headers.get("content-length");
  // To look at its body makes a stream of it, which is slower to send.
  if (length !== null) return { bytes: () => Number(length), sized: response };
  if (!response.body) return { bytes: () => 0, sized: response };
  const { head, all } = await peek(response.body as ByteStream, WHOLE_BYTES);
  if (head.byteLength < WHOLE_BYTES) {
    return { bytes: () => head.byteLength, sized: new Response(head, { status, headers }) };
  }
  let sent = 0;
  const counted = (async function* () {
    for await (const chunk of all) {
      sent += chunk.byteLength;
      yield chunk;
    }
  })();
  const sized = new Response(ReadableStream.from(counted), { status, headers });
  return { bytes: () => sent, sized };
}
