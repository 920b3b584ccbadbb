/** Repeats work until it is stopped. */

export interface Schedule {
  /** Aborts the signal of the work and waits for its end. */
  stop(): Promise<void>;
}

/**
 * Does `work` now, and again `pauseMs` after each end, so that it never runs beside itself. What it
 * throws before the stop goes to `failed`.
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
