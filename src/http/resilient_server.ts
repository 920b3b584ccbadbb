/** One address that is listened on, whatever happens to a connection. */

export type Answer = (request: Request, info: Deno.ServeHandlerInfo) => Promise<Response>;

/** How long a server that had no file left for a connection waits until it opens again. */
const REOPEN_MS = 500;

/**
 * Listens. A connection that cannot be accepted, because too many files are open for instance, ends
 * Deno's server, and the process too unless the error is caught. Connections that were accepted are
 * still answered, and new ones are answered by the next server.
 */
export class ResilientServer {
  readonly #answer: Answer;
  readonly #hostname: string;
  readonly #failed: (error: unknown) => void;
  readonly #servers: Deno.HttpServer<Deno.NetAddr>[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  readonly port: number;

  /**
   * Opens at once; throws where it cannot. `failed` is called when no connection could be accepted for
   * a moment.
   */
  constructor(
    answer: Answer,
    { hostname, port, failed }: {
      hostname: string;
      port: number;
      failed: (error: unknown) => void;
    },
  ) {
    this.#answer = async (request, info) => varying(await answer(request, info));
    this.#hostname = hostname;
    this.#failed = failed;
    this.port = this.#open(port);
  }

  /** Accepts no new connections and waits for running answers. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await Promise.all(this.#servers.map((server) => server.shutdown()));
  }

  #open(port: number): number {
    const options = { hostname: this.#hostname, port, onListen() {} };
    const server = Deno.serve({
      ...options,
      // Whatever text is longer than 64 bytes, whole, and not compressed already, for who accepts it.
      automaticCompression: true,
    }, this.#answer) as Deno.HttpServer<Deno.NetAddr>;
    this.#servers.push(server);
    server.finished.catch((error) => {
      this.#failed(error);
      this.#openLater();
    });
    return server.addr.port;
  }

  #openLater(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      try {
        this.#open(this.port);
      } catch {
        this.#openLater(); // there is no file left for this either
      }
    }, REOPEN_MS);
  }
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
