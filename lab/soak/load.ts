/** Two hundred clients at once: uploads, badges, lists, pages and reports. */
import { pause } from "../support/server.ts";
import { quantile } from "../support/statistics.ts";
import { onBoth } from "./postgres.ts";
import { Reads } from "./reads.ts";
import { Server } from "./scenario.ts";
import { BUSY, Uploads } from "./uploads.ts";
import { verify } from "./verify.ts";

const READERS = 180;
const UPLOADERS = 20;
/** Between an answer and the client's next request, at most; half of it on average. */
const THINKING_MS = 1000;
/** The 99th percentile of reads: times that in quiet, right before, or what nobody minds. */
const WORST_RATIO = 10;
const WORST_MS = 1000;

export const loads = onBoth("load", async (soak, DATABASE_URL) => {
  const server = new Server(soak, { DATABASE_URL });
  await server.start();
  // Making the embedded database takes hundreds of megabytes once; most starts are not the first.
  await server.process.stop("SIGTERM");
  await server.start();
  const { address } = server;
  const uploads = new Uploads();
  await uploads.sendMany(address, 30);
  const phase = async (seconds: number, uploaders: number) => {
    const reads = new Reads(address, BUSY);
    const until = performance.now() + seconds * 1000;
    const client = async (ask: () => Promise<unknown>) => {
      while (true) {
        const thinking = Math.random() * THINKING_MS;
        if (performance.now() + thinking > until) return;
        await pause(thinking);
        await ask();
      }
    };
    await Promise.all([
      ...Array.from({ length: READERS }, () => client(() => reads.read())),
      ...Array.from({ length: uploaders }, () => client(() => uploads.send(address))),
    ]);
    return reads;
  };
  await phase(4, UPLOADERS); // the warm-up
  const before = server.footprint();
  const quiet = await phase(Math.min(20, soak.seconds / 2), 0);
  const busy = await phase(soak.seconds, UPLOADERS);
  const grown = await server.grown(before);
  const p99 = [quiet, busy].map(({ latencies }) => Math.round(quantile(latencies, 0.99)));
  const isSlow = p99[1]! > Math.max(p99[0]! * WORST_RATIO, WORST_MS);
  return {
    did: `${READERS + UPLOADERS} clients for ${soak.seconds} s: ${uploads.summary}; ` +
      `${busy.summary}, p99 ${p99[1]} ms, in quiet ${p99[0]} ms; ` +
      `${before.megabytes} → ${server.footprint().megabytes} MB`,
    problems: [
      ...isSlow ? [`the reads' p99 is more than ${WORST_RATIO} × that in quiet`] : [],
      ...grown,
      ...uploads.problems,
      ...quiet.problems,
      ...busy.problems,
      ...await verify(server, uploads),
    ],
  };
});
