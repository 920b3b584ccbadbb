/**
 * The thread that reads coverage files; `parser_thread.ts` talks to it.
 *
 * @module
 */
import { HttpError } from "../errors.ts";
import { CoverageError, type ParsedCoverage } from "./coverage.ts";
import { SharedMemory } from "./memory.ts";
import { readCoverage } from "./read_coverage.ts";
import { formats } from "./registry.ts";

/** A document, and where its result goes. */
export interface Job {
  readonly bytes: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly answer: MessagePort;
  readonly maxCoverageBytes: number;
}

/** Errors lose their class on the way between threads. */
export type Answer =
  | { readonly coverage: ParsedCoverage }
  /** The message of a `CoverageError`. */
  | { readonly refusal: string }
  /** The message of a 503. */
  | { readonly unavailable: string }
  /** A bug. */
  | { readonly failure: unknown };

const shared = new SharedMemory();

async function answerTo({ bytes, maxCoverageBytes }: Job): Promise<Answer> {
  try {
    return { coverage: await readCoverage(bytes, formats, { maxCoverageBytes, shared }) };
  } catch (error) {
    if (error instanceof CoverageError) return { refusal: error.message };
    if (error instanceof HttpError) return { unavailable: error.message };
    return { failure: error };
  }
}

addEventListener("message", async ({ data: job }: MessageEvent<Job>) => {
  const answer = await answerTo(job);
  job.answer.postMessage(answer);
  job.answer.close();
});
