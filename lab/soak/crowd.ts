/**
 * Two hundred clients at once: uploads, badges, lists, pages and reports.
 *
 * @module
 */
import { judge } from "../bench/section.ts";
import { median, quantile } from "../bench/statistics.ts";
import { find } from "./findings.ts";
import { Postgres } from "./postgres.ts";
import { Reads } from "./reads.ts";
import type { Scenario, Soak } from "./scenario.ts";
import { Subject } from "./subject.ts";
import { BUSY, Uploads } from "./uploads.ts";
import { footprint, footprintProblems } from "./footprint.ts";
import { pause } from "./wait.ts";

const CLIENTS = 200;
/** Of the clients, those that upload. */
const UPLOADERS = 20;
/** Reports that are uploaded, again and again. */
const POOL = 100;
/** Between an answer and the client's next request, at most; half of it on average. */
const THINKING_MS = 1000;
/** Rounds of quiet and load: whatever else the machine does meanwhile does not meet all of them. */
const ROUNDS = 5;
const WARM_UP_SECONDS = 2;
const MOST_QUIET_SECONDS = 10;
/** Times the 99th percentile of reads in quiet, right before. */
const WORST_READ_RATIO = 10;

/** With the embedded database. */
export const crowdEmbedded: Scenario = (soak) => visit(soak);

/** With a Postgres. */
export const crowdPostgres: Scenario = async (soak) =>
  await visit(soak, soak.keep(await Postgres.start()));

async function visit(soak: Soak, postgres?: Postgres): ReturnType<Scenario> {
  const { seconds, seed } = soak.options;
  const subject = new Subject(soak, { databaseUrl: postgres?.url });
  await subject.start();
  // Making the embedded database takes hundreds of megabytes once; most starts are not the first.
  await subject.program.end("SIGTERM");
  await subject.start();
  const { address, program } = subject;
  const uploads = new Uploads(seed);
  // Made before: packing takes this process more time than sending, and readers would wait for it.
  const pool = await Promise.all(Array.from({ length: POOL }, () => uploads.make()));
  const phase = async (seconds: number, withUploads: boolean) => {
    const reads = await Reads.of(address, BUSY);
    const until = performance.now() + seconds * 1000;
    await Promise.all(Array.from({ length: CLIENTS }, async (_, client) => {
      using connection = Deno.createHttpClient({});
      while (true) {
        const thinking = soak.random.below(THINKING_MS);
        if (performance.now() + thinking > until) return;
        await pause(thinking);
        if (client >= UPLOADERS) {
          await reads.read(address, soak.random.uint32(), connection);
        } else if (withUploads) {
          await uploads.send(address, soak.random.pick(pool), BUSY, connection);
        }
      }
    }));
    return reads;
  };
  await phase(WARM_UP_SECONDS, true);
  await phase(WARM_UP_SECONDS, true); // with what the first has uploaded to read
  const before = footprint(program.pid);
  const rounds: { quiet: number; busy: number; ratio: number }[] = [];
  const all: Reads[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const quiet = await phase(Math.min(MOST_QUIET_SECONDS, seconds / ROUNDS), false);
    const busy = await phase(seconds / ROUNDS, true);
    const p99 = {
      quiet: quantile(quiet.latencies, 0.99),
      busy: quantile(busy.latencies, 0.99),
    };
    rounds.push({ ...p99, ratio: p99.busy / p99.quiet });
    all.push(quiet, busy);
    const { residentMb } = footprint(program.pid);
    soak.say(`round ${round} of ${ROUNDS}: ${busy.summary}; ${residentMb.toFixed(0)} MB`);
  }
  const problems = await footprintProblems(program.pid, before);
  const after = footprint(program.pid);
  const middle = (of: "quiet" | "busy" | "ratio") => median(rounds.map((round) => round[of]));
  const { missed } = judge("the reads' p99, of that in quiet,", {
    value: middle("ratio"),
    bound: WORST_READ_RATIO,
    unit: " ×",
  });
  const found = await find(subject, uploads, { staged: true, orphans: true });
  const reads = all.reduce((sum, { latencies }) => sum + latencies.length, 0);
  return {
    did:
      `load of ${CLIENTS} clients for ${seconds} s: ${uploads.acknowledged.size} uploads${uploads.refusals}; ` +
      `${reads} reads, p99 ${middle("busy").toFixed(0)} ms, in quiet ` +
      `${middle("quiet").toFixed(0)} ms; MB ${before.residentMb.toFixed(0)} → ` +
      `${after.residentMb.toFixed(0)}, files ${before.files} → ${after.files}`,
    acknowledged: uploads.acknowledged.size,
    lost: found.lost,
    problems: [
      ...missed,
      ...problems,
      ...[uploads, ...all, found].flatMap((each) => each.problems),
    ],
  };
}
