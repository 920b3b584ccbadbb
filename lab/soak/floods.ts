/**
 * Clients that are slow, that never end, or that send headers without measure.
 *
 * @module
 */
import { run } from "../bench/report.ts";
import { judge } from "../bench/section.ts";
import { header } from "../../tests/support/archive.ts";
import { FIELDS, uploadPath } from "../../tests/support/fields.ts";
import { LARGE_FILE } from "./cargo.ts";
import { find } from "./findings.ts";
import { footprint, footprintProblems } from "./footprint.ts";
import { type Client, RawClients, write } from "./raw_clients.ts";
import { Reads } from "./reads.ts";
import type { Scenario } from "./scenario.ts";
import { Subject } from "./subject.ts";
import { Uploads } from "./uploads.ts";
import { pause } from "./wait.ts";

const SLOW_CLIENTS = 500;
const DRIP_MS = 1000;
const BEFORE = 30;
/** A read may take so long meanwhile, in seconds. */
const READ_SECONDS = 5;
const READERS = 4;
const READ_MS = 50;
/** How long a flood lasts, of the seconds of a load. */
const FLOOD_SHARE = 0.25;
/** Of the server that is flooded with bodies: small and short, so that the flood meets them. */
const LIMITS = { UPLOAD_SECONDS: "3", MAX_UPLOAD_BYTES: String(20 * 1024 * 1024) };

const HOST = "Host: soak.test\r\n";

/** A flood. */
interface Flood {
  /** What comes, in words. */
  readonly what: string;
  /** Clients. */
  readonly count: number;
  /** What clients may be answered; one at least is. Without it, none gets as far as an answer. */
  readonly answers?: readonly number[];
  /** Whether each client comes again when its connection is over. */
  readonly again?: boolean;
  /** What each of them does, with what was prepared. */
  behaviour(client: Client, prepared: string): Promise<void>;
  /** Environment variables of the server. */
  readonly environment?: Record<string, string>;
  /** Prepares the server. */
  prepare?(address: string, uploads: Uploads): Promise<string>;
}

/** Headers of which a byte comes a second. */
export const slowHeaders = flooded({
  what: "headers at 1 byte a second",
  count: SLOW_CLIENTS,
  async behaviour({ connection, signal }) {
    await write(connection, `GET /coverages-ui HTTP/1.1\r\n${HOST}X-Slow: `);
    await drip(connection, signal);
  },
});

/** Bodies of which a byte comes a second. */
export const slowBodies = flooded({
  what: "bodies at 1 byte a second",
  count: SLOW_CLIENTS,
  environment: LIMITS,
  answers: [408, 429],
  async behaviour({ connection, signal, drain }) {
    await write(connection, `${uploadHead("application/x-tar")}Content-Length: 1000000\r\n\r\n`);
    await Promise.race([drain(), drip(connection, signal)]);
  },
});

/** Answers of which a byte is taken a second. */
export const slowReaders = flooded({
  what: "a large file read at 1 byte a second",
  count: SLOW_CLIENTS,
  answers: [200],
  async prepare(address, uploads) {
    let cargo = await uploads.make();
    while (!cargo.files.has(LARGE_FILE)) cargo = await uploads.make();
    await uploads.send(address, cargo);
    const { org_name, repo_name, branch_name, language } = cargo.fields;
    const branch = encodeURIComponent(branch_name!);
    const report = `/coverages-api/assets/${org_name}/${repo_name}/${branch}/${language}`;
    return `${report}/archive/${LARGE_FILE}`;
  },
  async behaviour({ connection, signal, readStatus }, path) {
    await write(connection, `GET ${path} HTTP/1.1\r\n${HOST}\r\n`);
    await readStatus();
    const byte = new Uint8Array(1);
    while (!signal.aborted && await connection.read(byte) !== null) await pause(DRIP_MS);
  },
});

const ZEROS = new Uint8Array(64 * 1024);

/** Bodies without an end, as fast as the server takes them. */
export const endlessBodies = flooded({
  what: "bodies that never end",
  count: 20,
  again: true,
  environment: LIMITS,
  answers: [408, 413, 429],
  async behaviour({ connection, number, signal, drain }) {
    const chunk = async (bytes: Uint8Array<ArrayBuffer>) => {
      await write(connection, `${bytes.length.toString(16)}\r\n`);
      await write(connection, bytes);
      await write(connection, "\r\n");
    };
    const isForm = number % 2 === 0;
    await write(
      connection,
      `${uploadHead(isForm ? "multipart/form-data; boundary=b" : "application/x-tar")}` +
        "Transfer-Encoding: chunked\r\n\r\n",
    );
    const part = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.tar"\r\n\r\n';
    await chunk(
      isForm ? new TextEncoder().encode(part) : header({ name: "endless", size: 2 ** 30 - 1 }),
    );
    const sending = async () => {
      while (!signal.aborted) await chunk(ZEROS);
    };
    await Promise.race([drain(), sending()]);
  },
});

/** Headers by the thousand, of megabytes, and without an end. */
export const headerFlood = flooded({
  what: "thousands of headers, headers of megabytes and without end",
  count: 100,
  again: true,
  answers: [400, 431],
  async behaviour({ connection, number, signal, drain }) {
    const kinds: (() => Promise<void>)[] = [
      () => write(connection, many),
      () => write(connection, `X-Large: ${large}\r\n\r\n`),
      async () => {
        while (!signal.aborted) await write(connection, `X-Endless: ${large}`);
      },
    ];
    await write(connection, `GET /coverages-ui HTTP/1.1\r\n${HOST}`);
    const kind = kinds[number % kinds.length]!;
    await Promise.race([drain(), kind()]);
    await pause(100);
  },
});
const many = `${
  Array.from({ length: 5000 }, (_, index) => `X-Header-${index}: value\r\n`).join("")
}\r\n`;
const large = "x".repeat(4 * 1024 * 1024);

const FEW_FILES = 256;

/** More connections than the server may have files open: it refuses some, and goes on. */
export const tooManyConnections: Scenario = async (soak) => {
  const subject = new Subject(soak);
  await subject.start();
  const { address, program } = subject;
  const uploads = new Uploads(soak.options.seed);
  for (let upload = 0; upload < BEFORE; upload++) await uploads.send(address, await uploads.make());
  const before = footprint(program.pid);
  await run("prlimit", ["--pid", `${program.pid}`, `--nofile=${FEW_FILES}:${FEW_FILES}`]);
  const clients = soak.keep(new RawClients());
  await clients.connect(address, {
    count: FEW_FILES * 2,
    async behaviour({ connection, drain }) {
      await write(connection, `GET /coverages-ui HTTP/1.1\r\n${HOST}`);
      await drain();
    },
  });
  await pause(2000);
  const { open, refused } = clients;
  await clients[Symbol.asyncDispose]();
  const problems: string[] = [];
  if (!program.runs()) problems.push(`the server ended:\n${program.printed()}`);
  else {
    await pause(1000);
    await uploads.send(address, await uploads.make());
    problems.push(
      ...await footprintProblems(program.pid, before),
    );
  }
  const found = await find(subject, uploads, { staged: true, orphans: true });
  return {
    did: `connections, ${FEW_FILES * 2} to a server that may have ${FEW_FILES} files open: ` +
      `${open} held, ${refused} refused`,
    acknowledged: uploads.acknowledged.size,
    lost: found.lost,
    problems: [...problems, ...uploads.problems, ...found.problems],
  };
};

/** Has a server flooded, and reads from it meanwhile. */
function flooded(flood: Flood): Scenario {
  return async (soak) => {
    const seconds = Math.max(4, soak.options.seconds * FLOOD_SHARE);
    const subject = new Subject(soak, { environment: flood.environment ?? {} });
    await subject.start();
    const { address, program } = subject;
    const uploads = new Uploads(soak.options.seed);
    for (let upload = 0; upload < BEFORE; upload++) {
      await uploads.send(address, await uploads.make());
    }
    const prepared = await flood.prepare?.(address, uploads) ?? "";
    const reads = await Reads.of(address);
    const read = () => Array.from({ length: READERS }, () => reads.continuously(address, READ_MS));
    const stop = (streams: { stop(): Promise<void> }[]) =>
      Promise.all(streams.map((stream) => stream.stop()));
    const warmUp = read();
    await pause(1000);
    await stop(warmUp);
    const before = footprint(program.pid);

    const clients = soak.keep(new RawClients());
    const meanwhile = read();
    const behaviour = (client: Client) => flood.behaviour(client, prepared);
    await clients.connect(address, { ...flood, behaviour });
    await pause(seconds * 1000);
    const during = footprint(program.pid);
    const { open, made } = clients;
    const answers = new Map(clients.answers);
    await stop(meanwhile);
    await clients[Symbol.asyncDispose]();

    const problems: string[] = [];
    if (!program.runs()) problems.push(`the server ended:\n${program.printed()}`);
    problems.push(...answerProblems(answers, flood.answers ?? []));
    const slowest = reads.latencies.reduce((most, ms) => Math.max(most, ms), 0) / 1000;
    problems.push(
      ...judge("the slowest read", { value: slowest, bound: READ_SECONDS, unit: " s" }).missed,
      ...await footprintProblems(program.pid, before),
    );
    const after = footprint(program.pid);
    const counts = [...answers].map(([status, count]) => `${count} × ${status}`);
    // Whoever waits for a place among the uploads has it now.
    await uploads.send(address, await uploads.make());
    const found = await find(subject, uploads, { staged: true, orphans: true });
    return {
      did: `${flood.what} by ${flood.count} clients for ${seconds} s, ${made} connections, ` +
        `${[`${open} open at the end`, ...counts].join(", ")}; ${reads.summary}; ` +
        `MB ${
          [before, during, after].map(({ residentMb }) => residentMb.toFixed(0)).join(" → ")
        }, ` +
        `files ${[before, during, after].map(({ files }) => files).join(" → ")}`,
      acknowledged: uploads.acknowledged.size,
      lost: found.lost,
      problems: [...problems, ...uploads.problems, ...reads.problems, ...found.problems],
    };
  };
}

/** What is wrong with what a flood was answered. */
export function answerProblems(
  answers: ReadonlyMap<number, number>,
  allowed: readonly number[],
): string[] {
  const problems = [...answers].filter(([status]) => !allowed.includes(status))
    .map(([status, count]) => `${count} clients were answered ${status}`);
  return allowed.length > 0 && answers.size === 0
    ? [...problems, "no client was answered anything"]
    : problems;
}

function uploadHead(type: string): string {
  const path = uploadPath({ ...FIELDS, branch_name: "flood" });
  return `POST ${path} HTTP/1.1\r\n${HOST}Content-Type: ${type}\r\n`;
}

async function drip(connection: Deno.TcpConn, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await write(connection, "x");
    await pause(DRIP_MS);
  }
}
