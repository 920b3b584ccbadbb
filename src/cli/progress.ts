/**
 * A line now and then of work that takes long. On the error output: the other may be the result.
 *
 * @module
 */

const SECONDS = 5;

/** Makes what is told how far the work is, and says so every 5 seconds. */
export function createProgress(sentence: (count: number) => string): (count: number) => void {
  let last = performance.now();
  return (count) => {
    if (performance.now() - last < SECONDS * 1000) return;
    last = performance.now();
    console.error(sentence(count));
  };
}
