/**
 * Listens where an operator says, and on both loopback addresses where that is loopback.
 *
 * @module
 */
import { OperatorError } from "../operator_error.ts";

/** A listening server. */
export interface Listening {
  /** What to open in a browser. */
  readonly address: string;
  /** Takes no new connections and waits for the answers under way. */
  stop(): Promise<void>;
}

/**
 * Starts to listen. `localhost` is `::1` to some clients and `127.0.0.1` to others, so that a server
 * on either listens on both, as far as the machine has them. Throws a sentence for the
 * operator when the port is taken or the address is not this machine's.
 */
export function listen(
  handler: (request: Request, info: Deno.ServeHandlerInfo) => Promise<Response>,
  { host, port }: { host: string; port: number },
): Listening {
  const isLoopback = ["127.0.0.1", "::1", "localhost"].includes(host);
  const serve = (hostname: string, on: number) =>
    Deno.serve({ hostname, port: on, onListen() {} }, handler) as Deno.HttpServer<Deno.NetAddr>;
  const first = orExplain(host, port, () => serve(isLoopback ? "127.0.0.1" : host, port));
  const servers = [first];
  if (isLoopback) {
    try {
      servers.push(serve("::1", first.addr.port));
    } catch {
      // A machine without IPv6, or another program on that one; 127.0.0.1 is answered all the same.
    }
  }
  const name = isLoopback ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return {
    address: `http://${name}:${first.addr.port}`,
    async stop() {
      await Promise.all(servers.map((server) => server.shutdown()));
    },
  };
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
    throw error;
  }
}
