/** The thread that reads coverage files; `parser_thread.ts` talks to it. */
import { CoverageError, type ParsedCoverage } from "./coverage.ts";
import { readCoverage } from "./read_coverage.ts";

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
  /** A bug. */
  | { readonly failure: unknown };

async function answerTo({ bytes, maxCoverageBytes }: Job): Promise<Answer> {
  try {
    return { coverage: await readCoverage(bytes, { maxCoverageBytes }) };
  } catch (error) {
    if (error instanceof CoverageError) return { refusal: error.message };
    return { failure: error };
  }
}

const thread = self as unknown as { onmessage: (event: MessageEvent<Job>) => void };

thread.onmessage = async ({ data: job }) => {
  const answer = await answerTo(job);
  const lines = "coverage" in answer ? answer.coverage.lines : null;
  job.answer.postMessage(answer, lines ? [lines.buffer] : []); // moved, not copied
  job.answer.close();
};
