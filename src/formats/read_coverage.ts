/** From the bytes of a coverage file to its total and its lines. */
import { CoverageError, type ParsedCoverage } from "./coverage.ts";
import { binary, decoded, encodingOf } from "./document_text.ts";
import type { CoverageFormat, TextFormat, TextReader } from "./format.ts";
import { formats as allFormats, unknownBytes, unknownLine } from "./formats.ts";
import { readJson } from "./json_document.ts";
import { DocumentMemory, LineCollector } from "./line_collector.ts";
import { readXml } from "./xml_document.ts";

/** Bytes of a coverage file by default. */
export const DEFAULT_MAX_COVERAGE_BYTES = 256 * 1024 * 1024;
/** Bytes that a parser gets at a time: it may make several times as much of them before it returns. */
const PIECE_BYTES = 4 * 1024;
/**
 * The first piece, which tells what the document is. It is larger because the published `@std/xml` does
 * not take a DOCTYPE that comes in two.
 */
const HEAD_BYTES = 16 * 1024;
/** Characters of a line of text, which is held whole. */
const MAX_LINE = 1024 * 1024;

/** How a coverage file is read, here or on another thread. */
export type ReadCoverage = (
  bytes: AsyncIterable<Uint8Array<ArrayBuffer>>,
) => Promise<ParsedCoverage>;

/**
 * Reads the whole document in one pass. Which format it is, its content tells. Throws
 * {@linkcode CoverageError} for what is malformed, of no known format, too large, or measured nothing.
 */
export async function readCoverage(
  bytes: AsyncIterable<Uint8Array<ArrayBuffer>>,
  { maxCoverageBytes = DEFAULT_MAX_COVERAGE_BYTES, formats = allFormats }: {
    maxCoverageBytes?: number;
    /** Those that it may be. */
    formats?: readonly CoverageFormat[];
  } = {},
): Promise<ParsedCoverage> {
  using memory = new DocumentMemory();
  const lines = new LineCollector(memory);
  const source = new Source(bytes, maxCoverageBytes);
  const pieces = source.pieces(memory);
  try {
    const { value: head, done } = await pieces.next();
    if (done) throw new CoverageError("is empty");
    const encoding = encodingOf(head);
    const first = new TextDecoder(encoding).decode(head).trimStart()[0];
    if (first === undefined && head.byteLength < HEAD_BYTES) throw new CoverageError("is empty");
    const unknown = unknownBytes(head);
    if (unknown) throw unknown;
    const all = async function* () {
      yield head;
      yield* pieces;
    }();
    if (first === "<") {
      const known = formats.filter((format) => format.kind === "xml");
      return await readXml(decoded(all, encoding), known, lines);
    }
    if (first === "{" || first === "[") {
      const known = formats.filter((format) => format.kind === "json");
      return await readJson(decoded(all, encoding), known, lines);
    }
    const known = formats.filter((format) => format.kind === "text");
    return await readText(binary(all), known, lines);
  } catch (error) {
    // A client that is gone, or a full disk, is no fault of the document.
    throw source.failure ? source.failure.error : error;
  } finally {
    await pieces.return(undefined);
  }
}

/** The bytes of a document, counted; it remembers how reading them failed. */
class Source {
  failure: { error: unknown } | undefined;

  constructor(
    private readonly bytes: AsyncIterable<Uint8Array<ArrayBuffer>>,
    private readonly maxBytes: number,
  ) {}

  /** Pieces of a bounded size, each when there is memory to go on. */
  async *pieces(memory: DocumentMemory): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    let head: Uint8Array<ArrayBuffer> | undefined = new Uint8Array(0);
    let total = 0;
    try {
      for await (let chunk of this.bytes) {
        total += chunk.byteLength;
        if (total > this.maxBytes) {
          throw new CoverageError(
            `is larger than ${this.maxBytes} bytes, which is the limit for a coverage file`,
          );
        }
        if (head) {
          chunk = joined(head, chunk);
          head = chunk.byteLength < HEAD_BYTES ? chunk : undefined;
          if (head) continue;
          yield chunk.subarray(0, HEAD_BYTES);
          chunk = chunk.subarray(HEAD_BYTES);
        }
        for (let at = 0; at < chunk.byteLength; at += PIECE_BYTES) {
          await memory.admitted();
          yield chunk.subarray(at, at + PIECE_BYTES);
        }
      }
    } catch (error) {
      this.failure = { error };
      throw error;
    }
    if (head && head.byteLength > 0) yield head;
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

/** Reads a document of lines with the format that its first line tells. */
async function readText(
  text: AsyncIterable<string>,
  formats: readonly TextFormat[],
  lines: LineCollector,
): Promise<ParsedCoverage> {
  let reader: TextReader | undefined;
  let number = 0;
  let rest = "";
  function readLine(line: string): void {
    number++;
    if (line.endsWith("\r")) line = line.slice(0, -1);
    if (!reader) {
      if (line.trim() === "" || line.startsWith("#")) return;
      reader = formats.find((format) => format.matches(line))?.open(lines);
      if (!reader) throw unknownLine(line);
    }
    reader.line(line, number);
  }
  for await (const piece of text) {
    let start = 0;
    for (let end = piece.indexOf("\n"); end >= 0; end = piece.indexOf("\n", start)) {
      readLine(rest + piece.slice(start, end));
      rest = "";
      start = end + 1;
    }
    rest = start === 0 ? rest + piece : piece.slice(start);
    if (rest.length > MAX_LINE) {
      throw new CoverageError(`has a line of more than ${MAX_LINE} characters`);
    }
  }
  if (rest !== "") readLine(rest);
  if (!reader) throw new CoverageError("is empty");
  return (reader as TextReader).result();
}
