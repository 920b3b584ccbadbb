/**
 * What is gained by uploads at once.
 *
 * @module
 */
import { join } from "node:path";
import { makeReport, SMALL_REPORT } from "./report.ts";
import { makeScratch } from "./scratch.ts";
import type { Section } from "./section.ts";
import { uploadUrl } from "./send.ts";
import { startServer } from "./server.ts";
import { median } from "./statistics.ts";
import { cpuSecondsOf } from "./usage.ts";

const UPLOADS = 16;
const ROUNDS = 7;
const WARM_UPS = 2;
/** Times the throughput of one after the other. */
const WANTED = 3;
const REQUEST_MS = 60_000;

interface Round {
  /** Seconds from the first request to the last answer. */
  readonly wall: number;
  /** Seconds of processor time that the server used; nothing where it cannot be read. */
  readonly cpu: number | undefined;
}

/** Sends small reports one after the other and all at once, in turn. */
export async function measureParallel(): Promise<Section> {
  await using scratch = await makeScratch();
  const report = await makeReport(scratch.folder, SMALL_REPORT);
  const body = await Deno.readFile(report.archive);
  await using server = await startServer(join(scratch.folder, "data"));
  const send = async (upload: number) => {
    // The same branches in every round: each upload also removes the report that it supersedes.
    const url = uploadUrl(server.address, {
      branch: `branch-${upload}`,
      coverageFile: "jacoco.xml",
    });
    const headers = { "content-type": "application/gzip" };
    const signal = AbortSignal.timeout(REQUEST_MS);
    const response = await fetch(url, { method: "POST", body, headers, signal });
    const answer = await response.text();
    if (!response.ok) throw new Error(`an upload was answered ${response.status}: ${answer}`);
  };
  const modes = {
    "one after the other": async () => {
      for (let upload = 0; upload < UPLOADS; upload++) await send(upload);
    },
    "all at once": async () => {
      await Promise.all(Array.from({ length: UPLOADS }, (_, upload) => send(upload)));
    },
  };
  const rounds = { "one after the other": [] as Round[], "all at once": [] as Round[] };
  for (let round = -WARM_UPS; round < ROUNDS; round++) {
    for (const mode of ["one after the other", "all at once"] as const) {
      const measured = await measureRound(server.pid, modes[mode]);
      if (round >= 0) rounds[mode].push(measured);
    }
  }

  const table = [["", "uploads a second", "ms an upload", "server CPU an upload", "cores busy"]];
  for (const [mode, measured] of Object.entries(rounds)) {
    const wall = median(measured.map((round) => round.wall));
    const use = cpuUse(measured);
    table.push([
      mode,
      `${(UPLOADS / wall).toFixed(1)}`,
      `${(wall / UPLOADS * 1000).toFixed(1)} ms`,
      use ? `${(use.anUpload * 1000).toFixed(1)} ms` : "not measured here",
      use ? `${use.cores.toFixed(2)} of ${navigator.hardwareConcurrency}` : "",
    ]);
  }
  const atOnce = rounds["all at once"], inTurn = rounds["one after the other"];
  const ratio = median(inTurn.map((round, index) => round.wall / atOnce[index]!.wall));
  const notes = [
    `throughput at once against one after the other: ${ratio.toFixed(2)} x, ` +
    `wanted ≥ ${WANTED} x (median of ${ROUNDS} rounds)`,
  ];
  if (ratio < WANTED) notes.push(...explain({ inTurn, atOnce, ratio }));
  return {
    title: `parallel: ${UPLOADS} uploads of ${report.files} files`,
    table,
    notes,
    missed: [],
  };
}

async function measureRound(pid: number, work: () => Promise<void>): Promise<Round> {
  const cpuBefore = await cpuSecondsOf(pid);
  const startedAt = performance.now();
  await work();
  const wall = (performance.now() - startedAt) / 1000;
  const cpuAfter = await cpuSecondsOf(pid);
  const cpu = cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore;
  return { wall, cpu };
}

/** Over all rounds, because the system counts in steps of 10 ms. */
function cpuUse(rounds: readonly Round[]): { anUpload: number; cores: number } | undefined {
  if (rounds.some(({ cpu }) => cpu === undefined)) return undefined;
  const cpu = rounds.reduce((sum, round) => sum + round.cpu!, 0);
  const wall = rounds.reduce((sum, round) => sum + round.wall, 0);
  return { anUpload: cpu / UPLOADS / rounds.length, cores: cpu / wall };
}

/** What keeps the gain below what is wanted, from what was measured. */
function explain(
  { inTurn, atOnce, ratio }: { inTurn: Round[]; atOnce: Round[]; ratio: number },
): string[] {
  const alone = cpuUse(inTurn), together = cpuUse(atOnce);
  if (!alone || !together) return ["the limit: not measured here, the system does not tell"];
  const cores = navigator.hardwareConcurrency;
  return [
    `the limit: an upload on its own keeps ${
      alone.cores.toFixed(2)
    } of ${cores} cores busy; with all ` +
    `of them busy and the same work an upload, at most ${(cores / alone.cores).toFixed(2)} x is ` +
    `possible here, less what sends the uploads. At once the server keeps ` +
    `${together.cores.toFixed(2)} busy (${ratio.toFixed(2)} x measured).`,
  ];
}
