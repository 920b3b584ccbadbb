/**
 * What a process uses, from Linux's `/proc`.
 *
 * @module
 */
import { run } from "./report.ts";

/** Memory of a process, in bytes. */
export interface MemoryUse {
  /** Resident now. */
  readonly resident: number;
  /** The most that was resident since the process started, or since {@linkcode resetPeak}. */
  readonly peak: number;
}

/** Nothing on a system that does not tell. */
export function memoryOf(pid: number): MemoryUse | undefined {
  const status = read(`/proc/${pid}/status`);
  const bytes = (name: string) => {
    const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status ?? "")?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
  };
  const resident = bytes("VmRSS"), peak = bytes("VmHWM");
  return resident === undefined || peak === undefined ? undefined : { resident, peak };
}

/** Lets the peak begin anew; returns whether the system allows that. */
export function resetPeak(pid: number): boolean {
  try {
    Deno.writeTextFileSync(`/proc/${pid}/clear_refs`, "5");
    return true;
  } catch {
    return false;
  }
}

/** File descriptors that a process has open; nothing on a system that does not tell. */
export function openFilesOf(pid: number): number | undefined {
  try {
    return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
  } catch {
    return undefined;
  }
}

/** Seconds of processor time that a process has used; nothing on a system that does not tell. */
export async function cpuSecondsOf(pid: number): Promise<number | undefined> {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name, which may hold anything, ends at the last parenthesis; the state follows it as field 3.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  ticksASecond ??= Number(await run("getconf", ["CLK_TCK"]));
  return (Number(fields[14 - 3]) + Number(fields[15 - 3])) / ticksASecond;
}

let ticksASecond: number | undefined;

function read(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}
