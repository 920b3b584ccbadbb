/**
 * How much memory documents may take while they are read. A thread that runs out of heap ends the
 * whole process, so every reader counts what it holds.
 *
 * @module
 */
import { unavailable } from "../errors.ts";
import { CoverageError } from "./coverage.ts";

const MiB = 1024 * 1024;
/** Held for one document: about 10 million lines with changing hits, or 500,000 files. */
const MAX_DOCUMENT_BYTES = 64 * MiB;
/** Held for all documents that are read at a time. */
const MAX_SHARED_BYTES = 160 * MiB;

/** What all documents hold that are read by one thread. */
export class SharedMemory {
  held = 0;
}

/** What one document holds; dispose it when the document was read. */
export class DocumentMemory implements Disposable {
  #held = 0;

  constructor(private readonly shared: SharedMemory = new SharedMemory()) {}

  /** Whether so many bytes more are within the document's bound. */
  fits(bytes: number): boolean {
    return this.#held + bytes <= MAX_DOCUMENT_BYTES;
  }

  /** Counts bytes. Throws a `CoverageError` above the document's bound, a 503 above the shared one. */
  hold(bytes: number): void {
    if (!this.fits(bytes)) {
      throw new CoverageError(
        `has too many files and lines: reading it takes more than ${MAX_DOCUMENT_BYTES} bytes of memory`,
      );
    }
    if (this.shared.held + bytes > MAX_SHARED_BYTES) {
      throw unavailable("Too many large coverage files are being read. Retry later.");
    }
    this.#held += bytes;
    this.shared.held += bytes;
  }

  release(bytes: number): void {
    this.#held -= bytes;
    this.shared.held -= bytes;
  }

  [Symbol.dispose](): void {
    this.release(this.#held);
  }
}
