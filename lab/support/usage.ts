/** What a process uses, from Linux's `/proc`; `undefined` on a system that does not tell. */

/** Resident memory in bytes: now, and the most since the start or {@linkcode resetPeak}. */
export function memoryOf(pid: number): { resident: number; peak: number } | undefined {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    const bytes = (name: string) =>
      1024 * Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)![1]);
    return { resident: bytes("VmRSS"), peak: bytes("VmHWM") };
  } catch {
    return undefined;
  }
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
