/**
 * The thread that reads coverage files; see `threaded.ts`, which talks to it.
 *
 * @module
 */
import { type Coverage, CoverageError } from "./coverage.ts";
import { formats } from "./registry.ts";
import { readCoverage } from "./read_coverage.ts";

/** To the thread: a job, a piece of its document, its end, or that nobody wants it any more. */
export type ToReader =
  | { readonly job: number; readonly begin: true }
  | { readonly job: number; readonly chunk: Uint8Array<ArrayBuffer> }
  | { readonly job: number; readonly end: true }
  | { readonly job: number; readonly abort: true };

/** From the thread: that so many bytes were taken, or how the job came out. */
export type FromReader =
  | { readonly job: number; readonly taken: number }
  | { readonly job: number; readonly coverage: Coverage }
  /** A sentence for the client. */
  | { readonly job: number; readonly refusal: string }
  /** A bug. */
  | { readonly job: number; readonly failure: unknown };

/** The part of a worker's global scope that is used here. */
interface Thread {
  onmessage: ((event: MessageEvent<ToReader>) => void) | null;
  postMessage(message: FromReader): void;
}

const thread = self as unknown as Thread;
const documents = new Map<number, ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>>();

thread.onmessage = ({ data: message }) => {
  const { job } = message;
  if ("begin" in message) return begin(job);
  // A document that was refused early is no longer here; what still comes of it is dropped.
  const document = documents.get(job);
  if ("chunk" in message) return document?.enqueue(message.chunk);
  documents.delete(job);
  if ("end" in message) document?.close();
  else document?.error(new CoverageError("was given up"));
};

function begin(job: number): void {
  const chunks = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => void documents.set(job, controller),
    // A reader that stops early closes the stream; nothing may be enqueued from that moment on.
    cancel: () => void documents.delete(job),
  });
  const counted = chunks.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        thread.postMessage({ job, taken: chunk.byteLength });
        controller.enqueue(chunk);
      },
    }),
  );
  readCoverage(counted, formats).then(
    (coverage) => thread.postMessage({ job, coverage }),
    (error) =>
      thread.postMessage(
        error instanceof CoverageError ? { job, refusal: error.message } : { job, failure: error },
      ),
  );
}
