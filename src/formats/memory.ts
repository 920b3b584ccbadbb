/**
 * How much memory documents may take while they are read. A thread that runs out of heap ends the
 * whole process, so every reader counts what it holds.
 */
import { CoverageError } from "./coverage.ts";

const MiB = 1024 * 1024;
/** Held for one document: about 10 million lines of which every other one was hit, or 400,000 files. */
const MAX_BYTES = 64 * MiB;
/** A document that holds more is large. */
const LARGE_BYTES = 8 * MiB;

/** Lets one large document be read at a time: they share a thread, so that each gains by it. */
export class LargeDocuments {
  #last: Promise<void> = Promise.resolve();

  /** Waits for the others; returns what ends the turn. */
  async turn(): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = this.#last;
    this.#last = promise;
    await before;
    return resolve;
  }
}

/** What one document holds; dispose it when the document was read. */
export class DocumentMemory implements Disposable {
  #held = 0;
  #endTurn: (() => void) | undefined;

  constructor(private readonly large = new LargeDocuments()) {}

  /** Whether so many bytes more are within the bound. */
  fits(bytes: number): boolean {
    return this.#held + bytes <= MAX_BYTES;
  }

  /** Counts bytes; throws a `CoverageError` above the bound. */
  hold(bytes: number): void {
    if (!this.fits(bytes)) {
      throw new CoverageError(
        `has too many files and lines: reading it takes more than ${MAX_BYTES} bytes of memory`,
      );
    }
    this.#held += bytes;
  }

  release(bytes: number): void {
    this.#held -= bytes;
  }

  /** Waits until a document as large as this one may go on. */
  async admitted(): Promise<void> {
    if (this.#held > LARGE_BYTES) this.#endTurn ??= await this.large.turn();
  }

  [Symbol.dispose](): void {
    this.#endTurn?.();
  }
}
