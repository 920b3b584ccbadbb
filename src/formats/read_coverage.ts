/**
 * From the bytes of a coverage file to its total.
 *
 * @module
 */
import { parseXmlStream, type XmlAttributeIterator, XmlSyntaxError } from "@std/xml";
import { clip } from "../errors.ts";
import { type Coverage, CoverageError } from "./coverage.ts";
import type { Attributes, CoverageFormat, CoverageReader } from "./format.ts";
import { decodeXml } from "./xml_text.ts";

/** A report nests 8 deep; a parser's stack of open elements must not be the memory of the server. */
const MAX_DEPTH = 256;
/** Clover's metrics have about 20. */
const MAX_ATTRIBUTES = 256;

/** How a coverage file is read, here or on another thread. */
export type ReadCoverage = (bytes: AsyncIterable<Uint8Array<ArrayBuffer>>) => Promise<Coverage>;

/**
 * Reads the whole document in one pass, in memory that does not grow with it. Which of `formats` it
 * is, its root element tells. Throws {@linkcode CoverageError} for what is not well-formed, of no
 * known format, or without lines.
 */
export async function readCoverage(
  bytes: AsyncIterable<Uint8Array<ArrayBuffer>>,
  formats: readonly CoverageFormat[],
): Promise<Coverage> {
  const path: string[] = [];
  const attributes = new CurrentAttributes();
  let reader: CoverageReader | undefined;
  const position = { line: 1, column: 1 };
  let sourceFailure: { error: unknown } | undefined;
  async function* source() {
    try {
      yield* bytes;
    } catch (error) {
      sourceFailure = { error };
      throw error;
    }
  }
  try {
    await parseXmlStream(decodeXml(source()), {
      onStartElement(name, _colon, _uri, iterator, _selfClosing, line, column) {
        position.line = line;
        position.column = column;
        attributes.iterator = iterator;
        if (reader) {
          reader.start(name, attributes, path);
        } else {
          for (const format of formats) reader ??= format.open(name, attributes);
          if (!reader) throw unknownFormat(name, formats);
        }
        path.push(name);
      },
      onEndElement() {
        path.pop();
      },
    }, {
      // Most real reports have a DOCTYPE; neither parser reads or fetches what it names.
      disallowDoctype: false,
      trackPosition: true,
      maxDepth: MAX_DEPTH,
      maxAttributes: MAX_ATTRIBUTES,
    });
  } catch (error) {
    // A client that is gone, or a full disk, is no fault of the document.
    if (sourceFailure) throw sourceFailure.error;
    throw malformed(error, position) ?? error;
  }
  if (!reader) throw new CoverageError("is empty");
  return reader.result();
}

/** What a parser throws for a malformed document, in words; nothing for any other error. */
function malformed(
  error: unknown,
  lastTag: { line: number; column: number },
): CoverageError | undefined {
  if (error instanceof XmlSyntaxError) {
    return new CoverageError(`is not well-formed XML: ${clip(error.message)}`, { cause: error });
  }
  // The published parser has plain errors, without a position, for an entity it does not know.
  if (error instanceof Error && error.constructor === Error) {
    const after = `after line ${lastTag.line}, column ${lastTag.column}`;
    return new CoverageError(`is not well-formed XML: ${clip(error.message)} (${after})`, {
      cause: error,
    });
  }
  return undefined;
}

/** Looks into the tag that the parser is at; one object serves all of them. */
class CurrentAttributes implements Attributes {
  iterator: XmlAttributeIterator | undefined;

  get(name: string): string | undefined {
    const iterator = this.iterator!;
    for (let index = 0; index < iterator.count; index++) {
      if (iterator.getName(index) === name) return iterator.getValue(index);
    }
    return undefined;
  }
}

function unknownFormat(root: string, formats: readonly CoverageFormat[]): CoverageError {
  const known = formats.map((format) => format.name).join(", ");
  return new CoverageError(
    `is of no known format: its root element is <${clip(root, 100)}>; known are ${known}`,
  );
}
