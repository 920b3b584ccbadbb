/**
 * The lines of a gzipped file, which may be anything.
 *
 * @module
 */
import { type ByteStream, sliced } from "../http/byte_stream.ts";
import { OperatorError } from "../errors.ts";

/** Characters of a line; the longest names, all of them escaped, stay below. */
const MAX_LINE = 64 * 1024;
/** Bytes of gzip inflated at a time, of each of which deflate makes up to 1,032. */
const GZIP_PIECE = 4 * 1024;

/** A line, without its end. */
export interface Line {
  /** From 1. */
  readonly number: number;
  /** What it says. */
  readonly text: string;
}

/** Reads line by line; throws a sentence where the file is no gzip, cut off, damaged or no text. */
export async function* gunzippedLines(source: ByteStream): AsyncGenerator<Line> {
  const decoded = ReadableStream.from(sliced(source, GZIP_PIECE))
    .pipeThrough(new DecompressionStream("gzip"))
    .pipeThrough(new TextDecoderStream("utf-8", { fatal: true }))
    .getReader();
  let number = 0;
  let rest = "";
  try {
    while (true) {
      const { done, value } = await decoded.read().catch((error) => {
        throw new OperatorError(
          `The file cannot be read as gzipped text beyond line ${number}: ${error.message}.`,
          { cause: error },
        );
      });
      if (done) break;
      const lines = (rest + value).split("\n");
      rest = lines.pop()!;
      for (const text of lines) yield checked({ number: ++number, text });
      checked({ number: number + 1, text: rest });
    }
    if (rest !== "") yield { number: ++number, text: rest };
  } finally {
    await decoded.cancel().catch(() => {});
  }
}

function checked(line: Line): Line {
  if (line.text.length <= MAX_LINE) return line;
  throw new OperatorError(
    `Line ${line.number} of the file has more than ${MAX_LINE} characters, ` +
      "which no line of an export has.",
  );
}
