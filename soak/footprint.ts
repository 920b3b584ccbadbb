/**
 * What a server's process takes, and whether it gives it back.
 *
 * @module
 */
import { judge } from "../bench/section.ts";
import { memoryOf, openFilesOf } from "../bench/usage.ts";
import { Skipped } from "./scenario.ts";
import { until } from "./wait.ts";

/** What a process takes. */
export interface Footprint {
  /** Resident memory, in MB. */
  readonly residentMb: number;
  /** Open file descriptors. */
  readonly files: number;
}

/** Descriptors that may come and go beside: a file that is being read, a connection just made. */
const FILES_SLACK = 8;
/** Until connections whose clients have gone are closed. */
const SETTLE_SECONDS = 20;

/** Takes it. Throws {@linkcode Skipped} where the system does not tell. */
export function footprint(pid: number): Footprint {
  if (!memoryOf(Deno.pid)) throw new Skipped("this system has no /proc");
  const memory = memoryOf(pid), files = openFilesOf(pid);
  if (!memory || files === undefined) throw new Error(`the server, process ${pid}, has ended`);
  return { residentMb: memory.resident / 1e6, files };
}

/** What it takes too much of, once its clients have gone. */
export async function footprintProblems(
  pid: number,
  { before, residentMb, settleSeconds = SETTLE_SECONDS }: {
    before: Footprint;
    residentMb: number;
    settleSeconds?: number;
  },
): Promise<string[]> {
  const most = before.files + FILES_SLACK;
  await until(() => footprint(pid).files <= most, settleSeconds);
  const after = footprint(pid);
  return [
    judge("open files", { value: after.files, bound: most, unit: "" }),
    judge("resident memory", { value: after.residentMb, bound: residentMb, unit: " MB" }),
  ].flatMap(({ missed }) => missed);
}
