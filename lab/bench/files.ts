/**
 * How many requests for a file of a report are answered in a second, against `serveDir` alone.
 *
 * @module
 */
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startProgram } from "./program.ts";
import { makeReport, SMALL_REPORT } from "./report.ts";
import { makeScratch } from "./scratch.ts";
import { judge, type Section } from "./section.ts";
import { language, repository, sendByCurl } from "./send.ts";
import { startServer } from "./server.ts";
import { median } from "./statistics.ts";
import { cpuSecondsOf } from "./usage.ts";

const BRANCH = "main";
const FILE_BYTES = 14_000;
const CONNECTIONS = 16;
const ROUNDS = 5;
const ROUND_MS = 1000;
/** Of the requests that `serveDir` alone answers. */
const WANTED = 3;
/**
 * Of those that are answered when nothing is done for them: enough where three times `serveDir` is
 * more than `Deno.serve` can send, as it is of the stand-in in `links/`.
 */
const OF_BARE = 0.8;

/** Asks each server in turn: the one of `@std/http` that is linked, ours, and one that only sends. */
export async function measureFiles(): Promise<Section> {
  await using scratch = await makeScratch();
  const report = await makeReport(scratch.folder, SMALL_REPORT);
  const data = join(scratch.folder, "data");
  await using server = await startServer(data);
  await sendByCurl(server.address, {
    archive: report.archive,
    branch: BRANCH,
    coverageFile: "jacoco.xml",
    as: "body",
  });
  const { file, path } = await findFile(join(data, "reports"));
  const script = fileURLToPath(new URL("./file_server.ts", import.meta.url));
  const start = (kind: string) =>
    startProgram(["run", "-A", script, kind, file], { env: {}, readyPath: basename(file) });
  await using plain = await start("serveDir");
  await using cached = await start("serveReport");
  await using bare = await start("bare");
  const { org_name, repo_name } = repository;
  const route =
    `/coverages-api/assets/${org_name}/${repo_name}/${BRANCH}/${language}/archive/${path}`;
  const targets = [
    { what: "serveDir alone", program: plain, path: `/${basename(file)}` },
    { what: "from memory", program: cached, path: `/${basename(file)}` },
    { what: "the same answer, nothing done", program: bare, path: `/${basename(file)}` },
    { what: "the whole route", program: server, path: route },
    { what: "the whole route, gzip", program: server, path: route, accept: "gzip" },
  ].map((target) => ({ ...target, rates: [] as number[], cpu: [] as number[] }));
  for (let round = -1; round < ROUNDS; round++) {
    for (const { program, path, accept, rates, cpu } of targets) {
      const before = await cpuSecondsOf(program.pid);
      const { answered, seconds } = await load(program.address, path, accept ?? "identity");
      const after = await cpuSecondsOf(program.pid);
      if (round < 0) continue; // the first is the warm-up
      rates.push(answered / seconds);
      if (before !== undefined && after !== undefined) cpu.push((after - before) / answered);
    }
  }
  const yardstick = median(targets[0]!.rates);
  const of = (rates: number[]) => median(rates) / yardstick;
  const wanted = Math.min(WANTED, OF_BARE * of(targets[2]!.rates));
  // A bound is one from above: how many times longer than wanted a request takes.
  const verdict = judge("files: the requests a second that are wanted, of those from memory,", {
    value: wanted / of(targets[1]!.rates),
    bound: 1,
    unit: " x",
  });
  return {
    title: `files: ${(await Deno.stat(file)).size} bytes, ${CONNECTIONS} connections, ` +
      `medians of ${ROUNDS} seconds each, in turn`,
    table: [
      ["", "requests a second", "of serveDir", "server CPU a request", "wanted", "verdict"],
      ...targets.map(({ what, rates, cpu }, index) => [
        what,
        median(rates).toFixed(0),
        `${of(rates).toFixed(2)} x`,
        cpu.length > 0 ? `${(median(cpu) * 1000).toFixed(3)} ms` : "not measured here",
        ...(index === 1 ? [`≥ ${wanted.toFixed(2)} x`, verdict.cells[1]] : ["", ""]),
      ]),
    ],
    notes: [],
    missed: verdict.missed,
  };
}

/**
 * Asks on connections of its own and only counts the bytes that come: `fetch` would be slower than
 * what is measured. Throws at an answer that is not 200.
 */
async function load(
  address: string,
  path: string,
  accept: string,
): Promise<{ answered: number; seconds: number }> {
  const { hostname, port, host } = new URL(address);
  const request = new TextEncoder().encode(
    `GET ${path} HTTP/1.1\r\nhost: ${host}\r\naccept-encoding: ${accept}\r\n\r\n`,
  );
  let answered = 0;
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
    using connection = await Deno.connect({ hostname, port: Number(port) });
    const buffer = new Uint8Array(128 * 1024);
    const read = async (from: number) => {
      const count = await connection.read(buffer.subarray(from));
      if (count === null) throw new Error(`${address}${path}: the connection was closed`);
      return from + count;
    };
    let length: number | undefined;
    while (performance.now() - startedAt < ROUND_MS) {
      await connection.write(request);
      let got = await read(0);
      if (length === undefined || accept !== "identity") {
        // Each answer is as long as the first, but for its date, which is always as long.
        while (!isWhole(buffer.subarray(0, got))) got = await read(got);
        length = got;
      } else while (got < length) got = await read(got);
      if (buffer[9] !== 0x32) throw new Error(`${address}${path} was not answered 200`);
      answered++;
    }
  }));
  return { answered, seconds: (performance.now() - startedAt) / 1000 };
}

function isWhole(bytes: Uint8Array): boolean {
  const text = new TextDecoder("latin1").decode(bytes);
  const head = text.indexOf("\r\n\r\n");
  if (head < 0) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, head))?.[1];
  return length === undefined
    ? text.endsWith("\r\n0\r\n\r\n")
    : bytes.length === head + 4 + Number(length);
}

/** The page on disk whose length comes closest to what is wanted, and its path in its report. */
async function findFile(reports: string): Promise<{ file: string; path: string }> {
  let best = { file: "", path: "", distance: Infinity };
  const visit = async (folder: string, path: string) => {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const file = join(folder, name);
      if (isDirectory) await visit(file, `${path}${name}/`);
      else if (name.endsWith(".html")) {
        const distance = Math.abs((await Deno.stat(file)).size - FILE_BYTES);
        if (distance < best.distance) best = { file, path: path + name, distance };
      }
    }
  };
  for await (const { name } of Deno.readDir(reports)) {
    if (!name.startsWith(".")) await visit(join(reports, name), "");
  }
  return best;
}
