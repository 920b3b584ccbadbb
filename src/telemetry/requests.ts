/**
 * One line in the log, and one measurement, for each request.
 *
 * @module
 */
import type { Connection } from "../http/client_address.ts";
import { reportHeaders } from "../http/headers.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "./metrics.ts";
import { nameRequest, traceId } from "./spans.ts";

/** What is known of a request when it has been answered. */
export interface Answered {
  /** The request. */
  readonly request: Request;
  /** Its id. */
  readonly id: string;
  /** The path of the route table that it took; nothing where there is none. */
  readonly route: string | undefined;
  /** Its address without the query, which may hold what does not belong in a log. */
  readonly path: string;
  /** Who sent it, as far as it can be known. */
  readonly client: string | undefined;
  /** When it came, of `performance.now`. */
  readonly startedAt: number;
  /** Why it failed, for an answer of 500 or above. */
  readonly failure: unknown;
}

const POLICY = "content-security-policy";
/** Asked every few seconds by machines; a line for each would bury the others. */
const PROBES = /\/(health|metrics)$/;

/**
 * Makes what is told of each answer. It returns the answer to send; the line is written when that was
 * sent, or the client has gone.
 */
export function createRequestLog(
  { log, metrics }: { log: Log; metrics: Metrics },
): (answered: Answered, response: Response, connection?: Connection) => Promise<Response> {
  return async (answered, response, connection) => {
    const { request: { method }, id, route, path, client, startedAt, failure } = answered;
    const { status } = response;
    if (route !== undefined) nameRequest(method, route);
    const seconds = (performance.now() - startedAt) / 1000;
    metrics.request({ method: known(method), route: route ?? "none", status, seconds });
    const trace = traceId();
    const { counted, bytes } = await count(response, method);
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
    return counted;
  };
}

/** A stranger may call a method anything, and each would be a time series. */
function known(method: string): string {
  return /^(GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS)$/.test(method) ? method : "other";
}

/** The bytes of an answer's body, before it is compressed on its way. */
async function count(
  response: Response,
  method: string,
): Promise<{ counted: Response; bytes: () => number }> {
  if (method === "HEAD" || !response.body) return { counted: response, bytes: () => 0 };
  const { status, headers } = response;
  const length = headers.get("content-length");
  if (length !== null) return { counted: response, bytes: () => Number(length) };
  if (headers.get(POLICY) !== reportHeaders[POLICY]) {
    // Made in memory, as everything is but the files of reports; a stream would be slower.
    const content = await response.bytes();
    const counted = new Response(content, { status, headers });
    return { counted, bytes: () => content.byteLength };
  }
  let sent = 0;
  const counting = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      sent += chunk.byteLength;
      controller.enqueue(chunk);
    },
  });
  const body = response.body.pipeThrough(counting);
  return { counted: new Response(body, { status, headers }), bytes: () => sent };
}
