/** What a process uses, as Linux tells. */

/** Resident memory in bytes: now, and the most since the start or {@linkcode resetPeak}. */
export function memoryOf(pid: number): { resident: number; peak: number } {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const bytes = (name: string) => 1024 * Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)![1]);
  return { resident: bytes("VmRSS"), peak: bytes("VmHWM") };
}

/** Lets the peak begin at what is resident now. */
export function resetPeak(pid: number): void {
  Deno.writeTextFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** File descriptors that a process has open. */
export function openFilesOf(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}
