/**
 * What the process holds.
 *
 * @module
 */

/** Open file descriptors; nothing where the system does not tell. */
export function openFiles(): number | undefined {
  try {
    return [...Deno.readDirSync("/proc/self/fd")].length;
  } catch {
    return undefined;
  }
}

/** Resident memory in MiB. */
export function memory(): number {
  return Math.round(Deno.memoryUsage().rss / 1024 / 1024);
}
