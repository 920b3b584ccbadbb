/**
 * What a process uses, from Linux's `/proc`; `undefined` on a system that does not tell.
 *
 * @module
 */

/** Resident memory in bytes: now, and the most since the start or {@linkcode resetPeak}. */
export function memoryOf(pid: number): { resident: number; peak: number } | undefined {
  const status = read(`/proc/${pid}/status`);
  const bytes = (name: string) =>
    1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status ?? "")?.[1]);
  const resident = bytes("VmRSS"), peak = bytes("VmHWM");
  return Number.isNaN(resident + peak) ? undefined : { resident, peak };
}

/** Lets the peak begin at what is resident now; `false` where the system does not allow that. */
export function resetPeak(pid: number): boolean {
  try {
    Deno.writeTextFileSync(`/proc/${pid}/clear_refs`, "5");
    return true;
  } catch {
    return false;
  }
}

/** File descriptors that a process has open. */
export function openFilesOf(pid: number): number | undefined {
  try {
    return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
  } catch {
    return undefined;
  }
}

/** Seconds of processor time that a process has used, in steps of 10 ms. */
export function cpuSecondsOf(pid: number): number | undefined {
  const fields = read(`/proc/${pid}/stat`)?.split(") ")[1]?.split(" ");
  return fields && (Number(fields[11]) + Number(fields[12])) / 100;
}

function read(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}
