// Reads documents that tests write.
import assert from "node:assert/strict";
import { type Coverage, CoverageError, type ParsedCoverage } from "../../src/formats/coverage.ts";
import { LineCollector } from "../../src/formats/line_collector.ts";
import { decodeLines, type FileLines } from "../../src/formats/lines.ts";
import { readCoverage } from "../../src/formats/read_coverage.ts";

export type Document = string | Uint8Array<ArrayBuffer>;

/** Reads a document in pieces of a size. */
export function parse(document: Document, chunkSize = 100_000): Promise<ParsedCoverage> {
  const bytes = typeof document === "string" ? new TextEncoder().encode(document) : document;
  const chunks = [];
  for (let at = 0; at < bytes.length; at += chunkSize) chunks.push(bytes.slice(at, at + chunkSize));
  return readCoverage(ReadableStream.from(chunks));
}

/** The number of a document. */
export async function total(document: Document, chunkSize?: number): Promise<Coverage> {
  return (await parse(document, chunkSize)).total;
}

/** The number as `covered/valid format`. */
export async function counted(document: Document): Promise<string> {
  const { linesCovered, linesValid, format } = await total(document);
  return `${linesCovered}/${linesValid} ${format}`;
}

/** The lines as `{path: {line: 1 if hit, else 0}}`. */
export async function lines(document: Document): Promise<Record<string, Record<number, number>>> {
  const { lines } = await parse(document);
  assert(lines, "no lines");
  return Object.fromEntries(
    decodeLines(lines).map(({ path, lines, covered }) => [
      path,
      Object.fromEntries(Array.from(lines, (line, at) => [line, covered[at]!])),
    ]),
  );
}

/** Why a document is refused. */
export async function refusal(document: Document): Promise<string> {
  const error = await parse(document).then(() => undefined, (error) => error);
  assert(error instanceof CoverageError, String(error));
  return error.message;
}

/** The stored form of these files. */
export function encodeLines(files: readonly FileLines[]): Uint8Array<ArrayBuffer> {
  const collector = new LineCollector();
  for (const { path, lines, covered } of files) {
    collector.begin(path);
    for (const [at, line] of lines.entries()) collector.add(line, covered[at]!);
  }
  return collector.finish().encoded!;
}
