/**
 * Does something at once and from then on again and again, until it is stopped.
 *
 * @module
 */

/** What is done again and again. */
export interface Schedule {
  /** Lets what is under way come to an end, asked by its signal to hurry, and does nothing more. */
  stop(): Promise<void>;
}

/**
 * Does `work` now, and `pauseMs` after each time it has come to an end; so that it never runs beside
 * itself. What it throws goes to `failed`, and changes nothing; not once it is stopped.
 */
export function schedule(
  work: (signal: AbortSignal) => Promise<void>,
  pauseMs: number,
  failed: (error: unknown) => void,
): Schedule {
  const stopping = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const turn = async () => {
    try {
      await work(stopping.signal);
    } catch (error) {
      if (!stopping.signal.aborted) failed(error);
    }
    if (!stopping.signal.aborted) timer = setTimeout(() => running = turn(), pauseMs);
  };
  let running = turn();
  return {
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
