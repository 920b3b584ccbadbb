/**
 * Writes the files of a report, several at a time.
 *
 * @module
 */
import { posix } from "node:path";
import { quote, unprocessable } from "../errors.ts";
import type { StagedReport } from "../reports/store.ts";
import { readingArchive } from "./read_archive.ts";
import { type ByteStream, readWhole } from "../http/byte_stream.ts";

/**
 * A file up to this size is gathered and written by one call. Measured on a report of 3,000 files:
 * a third of the time of a stream each.
 */
const WHOLE_FILE_BYTES = 1024 * 1024;
/** Writes in flight, with the above 4 MiB; measured, 16 of them only get in each other's way. */
const MAX_IN_FLIGHT = 4;

/** Takes entries in archive order; what it has written is complete after {@linkcode finish}. */
export class ReportWriter {
  readonly #staged: Pick<StagedReport, "makeFolder" | "writeFile" | "createFile">;
  readonly #inFlight = new Map<string, Promise<void>>();
  readonly #folders = new Set<string>([""]);
  #failure: unknown;

  /** Writes into `staged`. */
  constructor(staged: Pick<StagedReport, "makeFolder" | "writeFile" | "createFile">) {
    this.#staged = staged;
  }

  /** Makes a folder and those above it. */
  async folder(path: string): Promise<void> {
    if (this.#folders.has(path)) return;
    await translated(path, () => this.#staged.makeFolder(path));
    // Memory for names stays bounded, whatever an archive holds.
    if (this.#folders.size > 10_000) this.#folders.clear();
    this.#folders.add(path);
  }

  /**
   * Writes a file over one of the same name. Returns when the body has been read; the last bytes may still be on their way to the disk.
   */
  async file(path: string, size: number, body: ByteStream): Promise<void> {
    await this.#ready(path);
    if (size > WHOLE_FILE_BYTES) {
      const { result } = await this.fileAndRead(path, body, async (bytes) => {
        for await (const _ of bytes);
      });
      return await result;
    }
    const bytes = await readingArchive(readWhole(body, size));
    const write = translated(path, () => this.#staged.writeFile(path, bytes))
      .catch((error) => void (this.#failure ??= error))
      .finally(() => this.#inFlight.delete(path));
    this.#inFlight.set(path, write);
  }

  /**
   * Writes a file like {@linkcode file}, and lets `read` have its bytes as they pass. Returns when the
   * body has been read; what `read` makes of it may come later.
   */
  async fileAndRead<T>(
    path: string,
    body: ByteStream,
    read: (bytes: AsyncIterable<Uint8Array<ArrayBuffer>>) => Promise<T>,
  ): Promise<{ result: Promise<T> }> {
    await this.#ready(path);
    using file = await translated(path, () => this.#staged.createFile(path));
    const reader = body.getReader();
    const passed = Promise.withResolvers<void>();
    async function* stored() {
      while (true) {
        const { done, value } = await readingArchive(reader.read());
        if (done) return passed.resolve();
        await translated(path, () => writeAll(file, value));
        yield value;
      }
    }
    const result = read(stored());
    await Promise.race([passed.promise, result.catch(() => {})]);
    for await (const _ of stored()); // a reader that stopped early still leaves the whole file
    return { result };
  }

  /** Waits until no write is in flight, failed or not. */
  async settle(): Promise<void> {
    await Promise.all(this.#inFlight.values());
  }

  /** Waits for every write; throws the first failure of any. */
  async finish(): Promise<void> {
    await this.settle();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Waits until `path` can be written: its folder is there, and an earlier entry of its name is down. */
  async #ready(path: string): Promise<void> {
    await this.folder(parent(path));
    await this.#inFlight.get(path);
    if (this.#inFlight.size >= MAX_IN_FLIGHT) await Promise.race(this.#inFlight.values());
    if (this.#failure !== undefined) throw this.#failure;
  }
}

function parent(path: string): string {
  const folder = posix.dirname(path);
  return folder === "." ? "" : folder;
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.byteLength;) {
    written += await file.write(bytes.subarray(written));
  }
}

/** Failures of a disk that the client's archive is the cause of become its 422. */
async function translated<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translate(path, error);
  }
}

const { AlreadyExists, IsADirectory, NotADirectory } = Deno.errors;
/** What is said of a file where a folder is, and the other way round. */
const BOTH = [AlreadyExists, IsADirectory, NotADirectory];

function translate(path: string, error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENAMETOOLONG") {
    return unprocessable(`The path ${quote(path)} is too long for the server's disk.`, error);
  }
  if (BOTH.some((kind) => error instanceof kind)) {
    return unprocessable(`The archive has ${quote(path)} both as a file and as a folder.`, error);
  }
  return error;
}
