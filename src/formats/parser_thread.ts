/**
 * Reads coverage files on a thread of their own: parsing a large one takes as long as unpacking the
 * report around it, and beside it the server still has other requests to answer.
 *
 * @module
 */
import { type Coverage, CoverageError } from "./coverage.ts";
import type { FromReader, ToReader } from "./parser_worker.ts";

/**
 * Bytes that may wait for the thread, so that unpacking the rest of the report goes on meanwhile.
 * Measured on a 12 MB file among 3,000: with half a megabyte unpacking waits for parsing, and all of
 * it takes 550 ms instead of 390.
 */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

interface Job {
  readonly outcome: PromiseWithResolvers<Coverage>;
  waitingBytes: number;
  settled: boolean;
  /** Called when a piece was taken or the job is over. */
  wake: () => void;
}

/** A thread that reads coverage files, several at a time. Dispose it to end the thread. */
export class CoverageThread implements Disposable {
  #worker: Worker | undefined;
  readonly #jobs = new Map<number, Job>();
  #lastJob = 0;

  /** Starts the thread, so that the first upload need not wait for it. */
  constructor() {
    this.#start();
  }

  /** Ends the thread. */
  [Symbol.dispose](): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  /** Reads a document like `readCoverage`, whose errors it throws; a bound method. */
  readonly read = async (bytes: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<Coverage> => {
    const worker = this.#worker ?? this.#start();
    const id = ++this.#lastJob;
    const job: Job = {
      outcome: Promise.withResolvers(),
      waitingBytes: 0,
      settled: false,
      wake() {},
    };
    job.outcome.promise.catch(() => {}); // it is awaited further down, or no longer of interest
    this.#jobs.set(id, job);
    const post = (message: ToReader, transfer: Transferable[] = []) =>
      worker.postMessage(message, transfer);
    post({ job: id, begin: true });
    try {
      for await (const chunk of bytes) {
        while (job.waitingBytes >= MAX_WAITING_BYTES && !job.settled) {
          await new Promise<void>((resolve) => job.wake = resolve);
        }
        if (job.settled) break;
        job.waitingBytes += chunk.byteLength;
        const copy = chunk.slice(); // the chunk is a view of what others read as well
        post({ job: id, chunk: copy }, [copy.buffer]);
      }
      post({ job: id, end: true });
      return await job.outcome.promise;
    } finally {
      if (!job.settled) post({ job: id, abort: true });
      this.#jobs.delete(id);
    }
  };

  #start(): Worker {
    const worker = new Worker(new URL("./parser_worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<FromReader>) => this.#take(data);
    worker.onerror = (event) => {
      // The thread is lost, and with it what it was reading; the next upload starts another.
      event.preventDefault();
      this.#worker = undefined;
      for (const job of this.#jobs.values()) {
        settle(
          job,
          () => job.outcome.reject(new Error(`The reading thread died: ${event.message}`)),
        );
      }
    };
    return this.#worker = worker;
  }

  #take(message: FromReader): void {
    const job = this.#jobs.get(message.job);
    if (!job) return;
    const { outcome } = job;
    if ("taken" in message) {
      job.waitingBytes -= message.taken;
      job.wake();
    } else if ("coverage" in message) {
      settle(job, () => outcome.resolve(message.coverage));
    } else if ("refusal" in message) {
      settle(job, () => outcome.reject(new CoverageError(message.refusal)));
    } else {
      settle(job, () => outcome.reject(message.failure));
    }
  }
}

function settle(job: Job, outcome: () => void): void {
  job.settled = true;
  outcome();
  job.wake();
}
