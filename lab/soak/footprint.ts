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
/** What caches and pools may take beside, in MB. */
const GROWTH_MB = 250;
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
  before: Footprint,
  { settleSeconds = SETTLE_SECONDS } = {},
): Promise<string[]> {
  const files = before.files + FILES_SLACK;
  await until(() => footprint(pid).files <= files, settleSeconds);
  const after = footprint(pid);
  const residentMb = Math.round(before.residentMb + GROWTH_MB);
  return [
    judge("open files", { value: after.files, bound: files, unit: "" }),
    judge("resident memory", { value: after.residentMb, bound: residentMb, unit: " MB" }),
  ].flatMap(({ missed }) => missed);
}
