/**
 * Something that the server stands on is away for a while, amid uploads and reads.
 *
 * @module
 */
import { Clock, LATER } from "./clock.ts";
import { find } from "./findings.ts";
import { Reads } from "./reads.ts";
import type { Outcome, Soak } from "./scenario.ts";
import type { Subject } from "./subject.ts";
import { BUSY, type Expected, Uploads } from "./uploads.ts";
import { until } from "./wait.ts";

/** Uploads before anything happens, so that there is something to read and to lose. */
const BEFORE = 30;
/** Seconds until uploads must succeed again. */
const RECOVERY_SECONDS = 30;
/** Between two reads. */
const READ_MS = 50;

/** Milliseconds that an outage lasts, of the seconds of a load. */
export function outageMs({ options }: Soak): number {
  return Math.min(5000, Math.max(2000, options.seconds * 100));
}

/** An outage. */
export interface Outage {
  /** The server, not started. */
  readonly subject: Subject;
  /** In words, for the table. */
  readonly what: string;
  /** Has it happen, for as long as it lasts; afterwards all is as before. */
  happen(): Promise<void>;
  /** What uploads may be answered meanwhile, beside 200. */
  readonly expected?: Expected;
  /** Whether a server may get over it without refusing any upload; else one that refused none was spared. */
  readonly isBearable?: boolean;
  /** Whether uploads that fail cannot even be taken away until the next start. */
  readonly leavesStaged?: boolean;
  /** Its clock, where it has one of its own. */
  readonly clock?: Clock;
}

/** Sees a server through an outage: what it answers, whether it recovers, and what is there then. */
export async function seeThrough(soak: Soak, outage: Outage): Promise<Outcome> {
  const { subject, expected = BUSY } = outage;
  const clock = outage.clock ?? await Clock.make(soak);
  await subject.start();
  const { address } = subject;
  const uploads = new Uploads(soak.options.seed);
  for (let upload = 0; upload < BEFORE; upload++) await uploads.send(address, await uploads.make());
  const reads = await Reads.of(address, BUSY);
  const streams = [
    uploads.continuously(address, { expected }),
    reads.continuously(address, READ_MS),
  ];
  const problems: string[] = [];
  await outage.happen();
  const before = uploads.acknowledged.size;
  const isBack = await until(() => uploads.acknowledged.size >= before + 10, RECOVERY_SECONDS);
  if (!isBack) problems.push(`no upload succeeds within ${RECOVERY_SECONDS} s after it was over`);
  await Promise.all(streams.map((stream) => stream.stop()));
  if (!subject.program.runs()) problems.push(`the server ended:\n${subject.program.printed()}`);
  if (uploads.others.size === 0 && !outage.isBearable) problems.push("it did not happen");
  if (uploads.others.has(0)) problems.push(`${uploads.others.get(0)} uploads were not answered`);
  if (uploads.problems.length > 0) soak.say(`the server's log ends:\n${subject.program.printed()}`);

  // As it is, and after a start when every folder is old enough to be swept.
  const first = await find(subject, uploads, { staged: !outage.leavesStaged, orphans: false });
  await subject.program.end("SIGTERM");
  await clock.set(LATER);
  await subject.start(clock.environment);
  const second = await find(subject, uploads, { staged: true, orphans: true });
  return {
    did: `${outage.what}: ${uploads.sent.size} uploads${uploads.refusals}; ${reads.summary}`,
    acknowledged: uploads.acknowledged.size,
    lost: Math.max(first.lost, second.lost),
    problems: [
      ...problems,
      ...uploads.problems,
      ...reads.problems,
      ...first.problems,
      ...second.problems.filter((problem) => !first.problems.includes(problem)),
    ],
  };
}
