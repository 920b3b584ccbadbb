/** Clients that are slow, or that never end. */
import { concat, header } from "../../tests/support/archive.ts";
import { uploadPath } from "../../tests/support/fields.ts";
import { pause } from "../support/server.ts";
import { Reads } from "./reads.ts";
import { type Scenario, Server } from "./scenario.ts";
import { endlessly, Uploads } from "./uploads.ts";
import { verify } from "./verify.ts";

/** A read may take so long meanwhile. */
const READ_SECONDS = 5;
/** Small and short, so that the flood meets them. */
const LIMITS = { UPLOAD_SECONDS: "3", MAX_UPLOAD_BYTES: String(20 * 1024 * 1024) };
/** Until a client that was refused comes again. */
const AGAIN_MS = 500;
const encoder = new TextEncoder();

interface Flood {
  readonly clients: number;
  /** What they may be answered; one of them at least is. Without it, none gets an answer. */
  readonly answers: readonly number[];
  /** What a client sends, until it is answered or the flood is over. */
  sends(client: number): AsyncIterable<string | Uint8Array<ArrayBuffer>>;
}

export const floods: Record<string, Scenario> = {
  /** Headers of which a byte comes a second. */
  "slow-headers": flood({
    clients: 500,
    answers: [],
    async *sends() {
      yield "GET /coverages-ui HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
      yield* aByteASecond();
    },
  }),
  /** Bodies of which a byte comes a second. */
  "slow-bodies": flood({
    clients: 500,
    answers: [408, 429],
    async *sends() {
      yield `${upload("application/x-tar")}Content-Length: 1000000\r\n\r\n`;
      yield* aByteASecond();
    },
  }),
  /** Bodies without an end, as fast as the server takes them. */
  "endless-bodies": flood({
    clients: 20,
    answers: [408, 413, 429],
    async *sends(client) {
      const isForm = client % 2 === 0;
      yield upload(isForm ? "multipart/form-data; boundary=b" : "application/x-tar");
      yield "Transfer-Encoding: chunked\r\n\r\n";
      const part = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.tar"\r\n\r\n';
      yield chunk(isForm ? encoder.encode(part) : header({ name: "endless", size: 2 ** 30 - 1 }));
      while (true) yield chunk(new Uint8Array(64 * 1024));
    },
  }),
};

async function* aByteASecond(): AsyncGenerator<string> {
  while (true) {
    yield "x";
    await pause(1000);
  }
}

function chunk(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const size = encoder.encode(`${bytes.length.toString(16)}\r\n`);
  return concat([size, bytes, encoder.encode("\r\n")]);
}

function upload(type: string): string {
  const path = uploadPath({ branch_name: "flood" });
  return `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\n`;
}

/** Has a server flooded, and reads from it meanwhile. */
function flood({ clients, answers, sends }: Flood): Scenario {
  return async (soak) => {
    const server = new Server(soak, LIMITS);
    await server.start();
    const uploads = new Uploads();
    await uploads.sendMany(server.address, 30);
    const reads = new Reads(server.address);
    const warmUp = reads.continuously(4, 50);
    await pause(1000);
    await warmUp.stop();
    const before = server.footprint();

    const over = Promise.withResolvers<undefined>();
    const answered = new Map<number, number>();
    const { hostname, port } = new URL(server.address);
    const reading = reads.continuously(4, 50);
    const flooding = endlessly(clients, async (client) => {
      using connection = await Deno.connect({ hostname, port: Number(port) });
      const status = await Promise.race([
        statusOf(connection),
        write(connection, sends(client)),
        over.promise,
      ]).catch(() => undefined); // the server has closed it
      if (status) answered.set(status, (answered.get(status) ?? 0) + 1);
      await pause(AGAIN_MS);
    });
    await pause(Math.max(4, soak.seconds / 4) * 1000);
    const during = server.footprint();
    await reading.stop();
    over.resolve(undefined);
    await flooding.stop();

    const problems = [...answered].filter(([status]) => !answers.includes(status))
      .map(([status, count]) => `${count} clients were answered ${status}`);
    if (answers.length > 0 && answered.size === 0) problems.push("no client was answered");
    if (reads.slowestSeconds > READ_SECONDS) problems.push(`a read took more: ${reads.summary}`);
    problems.push(...await server.grown(before));
    await uploads.send(server.address); // whoever waited for a slot has gone
    problems.push(...await verify(server, uploads));
    const counts = [...answered].map(([status, count]) => `${count} × ${status}`).join(", ");
    return {
      did: `${clients} clients, ${counts || "no answers"}; ${reads.summary}; ` +
        `${before.megabytes} → ${during.megabytes} MB, ${before.files} → ${during.files} files`,
      problems: [...uploads.problems, ...reads.problems, ...problems],
    };
  };
}

async function statusOf(connection: Deno.TcpConn): Promise<number | undefined> {
  const start = new Uint8Array("HTTP/1.1 200".length);
  const length = await connection.read(start);
  if (length === null) return undefined;
  return Number(new TextDecoder().decode(start.subarray(0, length)).split(" ")[1]);
}

async function write(
  connection: Deno.TcpConn,
  contents: AsyncIterable<string | Uint8Array<ArrayBuffer>>,
): Promise<undefined> {
  for await (const content of contents) {
    let bytes = typeof content === "string" ? encoder.encode(content) : content;
    while (bytes.length > 0) bytes = bytes.subarray(await connection.write(bytes));
  }
}
