/** One address that is listened on, whatever happens to a connection. */

export type Answer = (request: Request, info: Deno.ServeHandlerInfo) => Promise<Response>;

/** How long a server that had no file left for a connection waits until it opens again. */
const REOPEN_MS = 500;

/**
 * Listens; throws where it cannot. A connection that cannot be accepted, because too many files are open
 * for instance, ends Deno's server, and the process too unless the error is caught. Connections that
 * were accepted are still answered, and new ones are answered by the next server. `failed` is called
 * when no connection could be accepted for a moment.
 */
export function serveResiliently(
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
