/** Reads a document of lines with the format that its first line tells. */
import { CoverageError, type ParsedCoverage } from "./coverage.ts";
import type { TextFormat, TextReader } from "./format.ts";
import type { DocumentMemory } from "./memory.ts";

/** Characters of a line, which is held whole. */
const MAX_LINE = 1024 * 1024;

/** The document is of none of the formats. */
export class UnknownLine extends Error {
  constructor(readonly firstLine: string) {
    super("The first line is of no known format");
  }
}

/** Throws `CoverageError`, {@linkcode UnknownLine} for another format, and what `text` throws. */
export async function readText(
  text: AsyncIterable<string>,
  formats: readonly TextFormat[],
  memory: DocumentMemory,
): Promise<ParsedCoverage> {
  let reader: TextReader | undefined;
  let number = 0;
  let rest = "";
  function readLine(line: string): void {
    number++;
    if (line.endsWith("\r")) line = line.slice(0, -1);
    if (!reader) {
      if (line.trim() === "" || line.startsWith("#")) return;
      reader = formats.find((format) => format.matches(line))?.open(memory);
      if (!reader) throw new UnknownLine(line);
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
