/** From the bytes of a coverage file to its total and its lines. */
import { CoverageError, type ParsedCoverage } from "./coverage.ts";
import { binary, decoded, encodingOf } from "./document_text.ts";
import type { CoverageFormat } from "./format.ts";
import { readJson, UnknownKeys } from "./json_document.ts";
import { DocumentMemory, LargeDocuments } from "./memory.ts";
import { readText, UnknownLine } from "./text_document.ts";
import { unknownBytes, unknownKeys, unknownLine, unknownRoot } from "./unknown_format.ts";
import { readXml, UnknownRoot } from "./xml_document.ts";

export type { ParsedCoverage } from "./coverage.ts";

/** Bytes of a coverage file by default. */
export const DEFAULT_MAX_COVERAGE_BYTES = 256 * 1024 * 1024;
/**
 * Bytes that tell what a document is; an XML parser gets them in one piece, because the published
 * `@std/xml` does not take a DOCTYPE that comes in two.
 */
const HEAD_BYTES = 16 * 1024;
/** Bytes that a parser gets at a time: it may make several times as much of them before it returns. */
const PIECE_BYTES = 4 * 1024;

/** How a coverage file is read, here or on another thread. */
export type ReadCoverage = (
  bytes: AsyncIterable<Uint8Array<ArrayBuffer>>,
) => Promise<ParsedCoverage>;

export interface ReadOptions {
  /** Default: {@linkcode DEFAULT_MAX_COVERAGE_BYTES}. */
  readonly maxCoverageBytes?: number;
  /** Shared by the documents that are read at the same time; default: there are no others. */
  readonly large?: LargeDocuments;
}

/**
 * Reads the whole document in one pass. Which of `formats` it is, its content tells. Throws
 * {@linkcode CoverageError} for what is malformed, of no known format, too large, or measured nothing.
 */
export async function readCoverage(
  bytes: AsyncIterable<Uint8Array<ArrayBuffer>>,
  formats: readonly CoverageFormat[],
  { maxCoverageBytes = DEFAULT_MAX_COVERAGE_BYTES, large = new LargeDocuments() }: ReadOptions = {},
): Promise<ParsedCoverage> {
  using memory = new DocumentMemory(large);
  const source = new Source(bytes, maxCoverageBytes);
  const kindOf = <K extends CoverageFormat["kind"]>(kind: K) =>
    formats.filter((format): format is Extract<CoverageFormat, { kind: K }> =>
      format.kind === kind
    );
  try {
    const pieces = source.pieces();
    const { value: head, done } = await pieces.next();
    if (done) throw new CoverageError("is empty");
    const encoding = encodingOf(head);
    const first = new TextDecoder(encoding).decode(head).trimStart()[0];
    if (first === undefined && head.byteLength < HEAD_BYTES) throw new CoverageError("is empty");
    const unknown = unknownBytes(head, formats);
    if (unknown) throw unknown;
    const all = admitted(head, pieces, memory);
    switch (first) {
      case "<":
        return await readXml(decoded(all, encoding), kindOf("xml"), memory);
      case "{":
      case "[":
        return await readJson(decoded(all, encoding), kindOf("json"), memory);
      default:
        return await readText(binary(all, encoding), kindOf("text"), memory);
    }
  } catch (error) {
    // A client that is gone, or a full disk, is no fault of the document.
    if (source.failure) throw source.failure.error;
    if (error instanceof UnknownRoot) throw unknownRoot(error.root, formats);
    if (error instanceof UnknownKeys) throw unknownKeys(error.keys, formats);
    if (error instanceof UnknownLine) throw unknownLine(error.firstLine, formats);
    throw error;
  } finally {
    await source.close();
  }
}

/** The bytes of a document, counted; it remembers how reading them failed. */
class Source {
  failure: { error: unknown } | undefined;
  readonly #chunks: AsyncIterator<Uint8Array<ArrayBuffer>>;

  constructor(
    bytes: AsyncIterable<Uint8Array<ArrayBuffer>>,
    private readonly maxBytes: number,
  ) {
    this.#chunks = bytes[Symbol.asyncIterator]();
  }

  /** The head, then pieces of a bounded size. */
  async *pieces(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    let head: Uint8Array<ArrayBuffer> | undefined = new Uint8Array(0);
    let total = 0;
    for (let chunk = await this.#next(); chunk; chunk = await this.#next()) {
      total += chunk.byteLength;
      if (total > this.maxBytes) {
        throw new CoverageError(
          `is larger than ${this.maxBytes} bytes, which is the limit for a coverage file`,
        );
      }
      if (head) {
        chunk = joined(head, chunk);
        head = undefined;
        if (chunk.byteLength < HEAD_BYTES) {
          head = chunk;
          continue;
        }
      }
      for (let at = 0; at < chunk.byteLength; at += PIECE_BYTES) {
        yield chunk.subarray(at, at + PIECE_BYTES);
      }
    }
    if (head && head.byteLength > 0) yield head;
  }

  /** Tells the source that no more of it is read. */
  async close(): Promise<void> {
    if (!this.failure) await this.#chunks.return?.();
  }

  async #next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      const { done, value } = await this.#chunks.next();
      return done ? undefined : value;
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }
}

/** The pieces, each when the memory that those before it took allows to go on. */
async function* admitted<T>(
  head: T,
  pieces: AsyncIterable<T>,
  memory: DocumentMemory,
): AsyncGenerator<T> {
  yield head;
  for await (const piece of pieces) {
    await memory.admitted();
    yield piece;
  }
}

function joined(
  first: Uint8Array<ArrayBuffer>,
  second: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  if (first.byteLength === 0) return second;
  const both = new Uint8Array(first.byteLength + second.byteLength);
  both.set(first);
  both.set(second, first.byteLength);
  return both;
}
