/**
 * Waiting.
 *
 * @module
 */

/** Lets so many milliseconds pass. */
export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

const POLL_MS = 100;

/** Waits until `is` is true; returns whether it was within so many seconds. */
export async function until(
  is: () => boolean | Promise<boolean>,
  seconds: number,
): Promise<boolean> {
  const end = performance.now() + seconds * 1000;
  while (!await is()) {
    if (performance.now() > end) return false;
    await pause(POLL_MS);
  }
  return true;
}
