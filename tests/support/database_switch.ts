// A way to a database that can be cut and joined again, as a network or a restart does it.
import net from "node:net";
import type { TestDatabase } from "./database.ts";

/** Passes connections on while it is open, and refuses and breaks them while it is closed. */
export class DatabaseSwitch implements AsyncDisposable {
  readonly #database: net.NetConnectOpts;
  readonly #credentials: { user: string; pass: string; database: string };
  readonly #sockets = new Set<net.Socket>();
  #server: net.Server;
  readonly #port: number;

  constructor(database: TestDatabase["target"]) {
    if (typeof database === "string") {
      const url = new URL(database);
      const socket = url.searchParams.get("host");
      const port = Number(url.port || 5432);
      this.#database = socket?.startsWith("/")
        ? { path: `${socket}/.s.PGSQL.${port}` }
        : { host: url.hostname, port };
      this.#credentials = {
        user: decodeURIComponent(url.username),
        pass: decodeURIComponent(url.password),
        database: url.pathname.slice(1),
      };
    } else {
      this.#database = database as net.NetConnectOpts;
      this.#credentials = { user: "postgres", pass: "", database: "postgres" };
    }
    // A free port that stays this switch's own, so that it can be joined at the same place.
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#port = listener.addr.port;
    listener.close();
    this.#server = this.#listen();
  }

  get target(): { host: string; port: number; user: string; pass: string; database: string } {
    return { host: "127.0.0.1", port: this.#port, ...this.#credentials };
  }

  /** Breaks every connection and refuses new ones. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  open(): void {
    this.#server = this.#listen();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #listen(): net.Server {
    const server = net.createServer((client) => {
      const upstream = net.connect(this.#database);
      for (const [one, other] of [[client, upstream], [upstream, client]] as const) {
        this.#sockets.add(one);
        one.pipe(other);
        one.on("error", () => other.destroy());
        one.on("close", () => {
          this.#sockets.delete(one);
          other.destroy();
        });
      }
    });
    return server.listen(this.#port, "127.0.0.1");
  }
}
