/**
 * Reads coverage files on a thread of their own: parsing a large one takes as long as unpacking the
 * report around it, and beside it the server still has other requests to answer.
 */
import { CoverageError, type ParsedCoverage } from "./coverage.ts";
import type { Answer, Job } from "./parser_worker.ts";
import { DEFAULT_MAX_COVERAGE_BYTES, type ReadCoverage } from "./read_coverage.ts";

/** Bytes of a document that may wait for the thread. */
const MAX_WAITING_BYTES = 1024 * 1024;

/** A thread that reads coverage files, several at a time. Dispose it to end the thread. */
export class CoverageThread implements Disposable {
  #worker: Worker | undefined;
  /** How to fail what is being read, should the thread die. */
  readonly #running = new Set<(error: Error) => void>();
  readonly #maxCoverageBytes: number;

  /** Starts the thread, so that the first upload need not wait for it. */
  constructor({ maxCoverageBytes = DEFAULT_MAX_COVERAGE_BYTES } = {}) {
    this.#maxCoverageBytes = maxCoverageBytes;
    this.#start();
  }

  /** Ends the thread. */
  [Symbol.dispose](): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  /** Reads a document like `readCoverage`, whose errors it throws; a bound method. */
  readonly read: ReadCoverage = async (bytes) => {
    const worker = this.#worker ?? this.#start();
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<Answer>) => resolve(data);
    const source = sourceOf(bytes);
    const job: Job = {
      bytes: source.stream,
      answer: port2,
      maxCoverageBytes: this.#maxCoverageBytes,
    };
    this.#running.add(reject);
    try {
      worker.postMessage(job, [source.stream, port2]);
      const answer = await promise;
      if (source.failure) throw source.failure.error;
      return coverageOf(answer);
    } finally {
      this.#running.delete(reject);
      port1.close();
    }
  };

  #start(): Worker {
    // What reads a stranger's file may do nothing else.
    const worker = new Worker(new URL("./parser_worker.ts", import.meta.url), {
      type: "module",
      deno: { permissions: "none" },
    });
    worker.onerror = (event) => {
      // The thread is lost, and with it what it was reading; the next upload starts another.
      event.preventDefault();
      this.#worker = undefined;
      for (const reject of this.#running) {
        reject(new Error(`The parsing thread died: ${event.message}`));
      }
    };
    return this.#worker = worker;
  }
}

function coverageOf(answer: Answer): ParsedCoverage {
  if ("coverage" in answer) return answer.coverage;
  if ("refusal" in answer) throw new CoverageError(answer.refusal);
  throw answer.failure;
}

/** A stream to transfer, and how reading its bytes failed, which loses its class on the way. */
function sourceOf(bytes: AsyncIterable<Uint8Array<ArrayBuffer>>) {
  const chunks = bytes[Symbol.asyncIterator]();
  let isCancelled = false;
  const source: {
    stream: ReadableStream<Uint8Array<ArrayBuffer>>;
    failure?: { error: unknown };
  } = {
    stream: new ReadableStream<Uint8Array<ArrayBuffer>>({
      async pull(controller) {
        try {
          const { done, value } = await chunks.next();
          if (isCancelled) return; // the thread has refused the document meanwhile
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          source.failure = { error };
          controller.error(new Error("The source failed"));
        }
      },
      async cancel() {
        isCancelled = true;
        await chunks.return?.();
      },
    }, { highWaterMark: MAX_WAITING_BYTES, size: (chunk) => chunk!.byteLength }),
  };
  return source;
}
