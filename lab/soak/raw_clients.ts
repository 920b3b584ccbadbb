/**
 * Clients that do not behave: raw connections, many of them, that write and read as they like.
 *
 * @module
 */

const encoder = new TextEncoder();

/** What is given to a client. */
export interface Client {
  /** Its connection. */
  readonly connection: Deno.TcpConn;
  /** Counts up with each client. */
  readonly number: number;
  /** Says that it is over. */
  readonly signal: AbortSignal;
  /** Reads the first bytes of an answer, and counts it. */
  readStatus(): Promise<void>;
  /** Reads the answer and what comes after it, until the server closes. */
  drain(): Promise<void>;
}

/** What a client does with its connection. */
export type Behaviour = (client: Client) => Promise<void>;

/** A crowd of raw clients; dispose it to have them all go. */
export class RawClients implements AsyncDisposable {
  readonly #over = new AbortController();
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #running: Promise<void>[] = [];
  /** How often each status was answered; one that only writes reads none. */
  readonly answers = new Map<number, number>();
  /** Connections that were made. */
  made = 0;
  /** Connections that the server did not take. */
  refused = 0;

  /** How many are connected. */
  get open(): number {
    return this.#connections.size;
  }

  /** Connects so many; with `again`, each anew as soon as its connection is over. */
  async connect(
    address: string,
    { count, again = false, behaviour }: { count: number; again?: boolean; behaviour: Behaviour },
  ): Promise<void> {
    const { hostname, port } = new URL(address);
    const { signal } = this.#over;
    const connect = async () => {
      try {
        const connection = await Deno.connect({ hostname, port: Number(port) });
        this.made++;
        this.#connections.add(connection);
        return connection;
      } catch {
        this.refused++;
      }
    };
    for (let client = 0; client < count; client++) {
      let connection = await connect();
      this.#running.push((async () => {
        while (connection) {
          const client = this.#client(connection, signal);
          await behaviour(client).catch(() => {}); // the server has closed it
          this.#close(connection);
          if (!again || signal.aborted) return;
          connection = await connect();
        }
      })());
    }
  }

  /** Has all of them go. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    for (const connection of this.#connections) this.#close(connection);
    await Promise.all(this.#running);
  }

  #client(connection: Deno.TcpConn, signal: AbortSignal): Client {
    const readStatus = async () => {
      const start = new Uint8Array("HTTP/1.1 200".length);
      const length = await connection.read(start);
      if (length === null) return;
      const status = Number(new TextDecoder().decode(start.subarray(0, length)).split(" ")[1]);
      this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
    };
    const drain = async () => {
      await readStatus();
      const buffer = new Uint8Array(16 * 1024);
      while (await connection.read(buffer) !== null);
    };
    return { connection, number: this.made, signal, readStatus, drain };
  }

  #close(connection: Deno.TcpConn): void {
    // A client that is gone has closed it already.
    if (this.#connections.delete(connection)) connection.close();
  }
}

/** Writes text or bytes whole. */
export async function write(
  connection: Deno.TcpConn,
  content: string | Uint8Array<ArrayBuffer>,
): Promise<void> {
  let bytes = typeof content === "string" ? encoder.encode(content) : content;
  while (bytes.length > 0) bytes = bytes.subarray(await connection.write(bytes));
}
