/** Listens where an operator says, and on both loopback addresses where that is loopback. */
import { OperatorError, unavailable } from "../errors.ts";
import { apiHeaders, withHeaders } from "./headers.ts";
import { requestIdOf } from "./request.ts";

export type Answer = (request: Request, info: Deno.ServeHandlerInfo) => Promise<Response>;

/**
 * Starts to listen. `localhost` is `::1` to some clients and `127.0.0.1` to others, so that a server
 * on either listens on both, as far as the machine has them. Throws a sentence for the operator when it
 * cannot: the port is in use, or the address is not this machine's. `failed` is called when no
 * connection could be accepted for a moment, because too many files are open for instance.
 */
export function listen(
  handler: Answer,
  { host, port, failed = () => {} }: {
    host: string;
    port: number;
    failed?: (error: unknown) => void;
  },
) {
  const isLoopback = ["127.0.0.1", "::1", "localhost"].includes(host);
  const work = new Work(handler);
  const serve = (hostname: string, on: number) =>
    serveResiliently(work.answer, { hostname, port: on, failed });
  const first = orExplain(host, port, () => serve(isLoopback ? "127.0.0.1" : host, port));
  const servers = [first];
  if (isLoopback) {
    try {
      servers.push(serve("::1", first.port));
    } catch {
      // A machine without IPv6, or another program on that one; 127.0.0.1 is answered all the same.
    }
  }
  const name = isLoopback ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return {
    /** What to open in a browser. */
    address: `http://${name}:${first.port}`,
    /** Refuses new requests, waits at most `seconds` for running ones, and cuts the rest. */
    async stop(seconds = 0): Promise<void> {
      const until = Date.now() + seconds * 1000;
      await within(work.finish(), seconds * 1000);
      // Cuts the bodies that still come in, so that who reads them gives up and cleans up.
      work.isCut = true;
      const closed = Promise.all(servers.map((server) => server.close()));
      await within(work.finish(), CLEAN_UP_MS);
      await within(closed, Math.max(until - Date.now(), CLEAN_UP_MS));
    },
  };
}

/** How long what was cut has to clean up. */
const CLEAN_UP_MS = 2000;

/**
 * The requests under way. `Deno.HttpServer.shutdown` fails every body that is still being read, and
 * there is no other way to close a listener alone; so that uploads can finish, the listener stays
 * until they have, and new requests get a 503.
 */
class Work {
  readonly #handler: Answer;
  #underWay = 0;
  /** Whether bodies fail from now on because the server stops. */
  isCut = false;
  #finished: PromiseWithResolvers<void> | undefined;

  constructor(handler: Answer) {
    this.#handler = handler;
  }

  readonly answer: Answer = async (request, info) => {
    if (this.#finished) return refuse(requestIdOf(request));
    this.#underWay++;
    try {
      const response = await this.#handler(request, info);
      if (!this.isCut || response.ok) return response;
      await response.body?.cancel();
      // It failed because of us, and may be sent again; the log has it under its id.
      return refuse(response.headers.get("x-request-id") ?? requestIdOf(request));
    } finally {
      this.#underWay--;
      this.#settle();
    }
  };

  /** Refuses new requests and waits for running ones. */
  finish(): Promise<void> {
    this.#finished ??= Promise.withResolvers();
    this.#settle();
    return this.#finished.promise;
  }

  #settle(): void {
    if (this.#underWay === 0) this.#finished?.resolve();
  }
}

function refuse(id: string): Response {
  const response = unavailable("The server is stopping. Retry shortly.").toResponse();
  response.headers.set("connection", "close");
  response.headers.set("x-request-id", id);
  return withHeaders(response, apiHeaders);
}

async function within(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout>;
  const tooLate = new Promise<void>((resolve) => timer = setTimeout(resolve, ms));
  await Promise.race([work, tooLate]).finally(() => clearTimeout(timer));
}

function orExplain<T>(host: string, port: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) {
      throw new OperatorError(
        `PORT ${port} on ${host} is in use; stop what listens there, or set another.`,
      );
    }
    if (error instanceof Deno.errors.AddrNotAvailable) {
      throw new OperatorError(`HOST ${host} is no address of this machine.`);
    }
    // A port that only root may have, a name that nobody knows.
    const reason = error instanceof Error ? error.message : error;
    throw new OperatorError(`PORT ${port} on HOST ${host} cannot be listened on: ${reason}.`, {
      cause: error,
    });
  }
}

/** How long a server that had no file left for a connection waits until it opens again. */
const REOPEN_MS = 500;

/**
 * Listens; throws where it cannot. A connection that cannot be accepted, because too many files are open
 * for instance, ends Deno's server, and the process too unless the error is caught. Connections that
 * were accepted are still answered, and new ones are answered by the next server. `failed` is called
 * when no connection could be accepted for a moment.
 */
function serveResiliently(
  answer: Answer,
  { hostname, port, failed }: {
    hostname: string;
    port: number;
    failed: (error: unknown) => void;
  },
): { port: number; close(): Promise<void> } {
  const servers: Deno.HttpServer<Deno.NetAddr>[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isClosed = false;
  const open = (port: number): number => {
    const options = { hostname, port, onListen() {} };
    const server = Deno.serve({
      ...options,
      // Whatever text is longer than 64 bytes, whole, and not compressed already, for who accepts it.
      automaticCompression: true,
    }, async (request, info) => varying(await answer(request, info)));
    servers.push(server);
    server.finished.catch((error) => {
      failed(error);
      openLater();
    });
    return server.addr.port;
  };
  const openLater = (): void => {
    if (isClosed) return;
    timer = setTimeout(() => {
      try {
        open(opened);
      } catch {
        openLater(); // there is no file left for this either
      }
    }, REOPEN_MS);
  };
  const opened = open(port);
  return {
    port: opened,
    /** Accepts no new connections and waits for running answers. */
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await Promise.all(servers.map((server) => server.shutdown()));
    },
  };
}

/**
 * Says that an answer depends on what encodings are accepted. Deno says so of what it compresses only;
 * a cache has to know it of the same answer as it is, and of the 304 that stands for either (RFC 9110,
 * 15.4.5).
 */
function varying(response: Response): Response {
  const others = response.headers.get("vary");
  response.headers.set("vary", others ? `accept-encoding, ${others}` : "accept-encoding");
  return response;
}
