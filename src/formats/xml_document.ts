/** Reads an XML document with the format that its first elements tell. */
import { parseXmlStream, type XmlAttributeIterator, XmlSyntaxError } from "@std/xml";
import { clip } from "../errors.ts";
import { CoverageError, type ParsedCoverage } from "./coverage.ts";
import type { Attributes, XmlFormat, XmlReader } from "./format.ts";
import { unknownRoot } from "./formats.ts";
import type { LineCollector } from "./line_collector.ts";

/** A report nests 8 deep; a parser's stack of open elements must not be the memory of the server. */
const MAX_DEPTH = 256;
/** Clover's metrics have about 20. */
const MAX_ATTRIBUTES = 256;
/** Characters without the end of a tag, which a parser may have to hold: comments, text, a tag. */
const MAX_TOKEN = 1024 * 1024;

/** Throws `CoverageError` for what is not well-formed or of no known format, and what `text` throws. */
export async function readXml(
  text: AsyncIterable<string>,
  formats: readonly XmlFormat[],
  lines: LineCollector,
): Promise<ParsedCoverage> {
  const path: string[] = [];
  const attributes = new CurrentAttributes();
  let root: { name: string; attributes: Attributes } | undefined;
  let reader: XmlReader | undefined;
  let sinceTag = 0;
  const position = { line: 1, column: 1 };

  function open(child: string): XmlReader {
    for (const format of formats) {
      const opened = format.open({ ...root!, child }, lines);
      if (opened) return opened;
    }
    throw unknownRoot(root!.name);
  }
  async function* bounded() {
    for await (const piece of text) {
      // Counted by the parser's calls: a ">" may also stand within a comment or a value.
      if (sinceTag > MAX_TOKEN) {
        throw new CoverageError(
          `has a single tag, text or comment of more than ${MAX_TOKEN} characters`,
        );
      }
      sinceTag += piece.length;
      yield piece;
    }
  }
  try {
    await parseXmlStream(bounded(), {
      onStartElement(name, _colon, _uri, iterator, _selfClosing, line, column) {
        sinceTag = 0;
        position.line = line;
        position.column = column;
        attributes.iterator = iterator;
        if (root) {
          reader ??= open(name);
          reader.start(name, attributes, path);
        } else {
          root = { name, attributes: copyOf(iterator) };
        }
        path.push(name);
      },
      onEndElement(name) {
        sinceTag = 0;
        path.pop();
        if (path.length > 0) reader?.end?.(name);
        else reader ??= open("");
      },
      onText(content) {
        reader?.text?.(content, path);
      },
    }, {
      // Most real reports have a DOCTYPE; neither parser reads or fetches what it names.
      disallowDoctype: false,
      trackPosition: true,
      maxDepth: MAX_DEPTH,
      maxAttributes: MAX_ATTRIBUTES,
    });
  } catch (error) {
    throw malformed(error, position) ?? error;
  }
  if (!reader) throw new CoverageError("is empty");
  return (reader as XmlReader).result();
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

function copyOf(iterator: XmlAttributeIterator): Attributes {
  return new Map(
    Array.from(
      { length: iterator.count },
      (_, index) => [iterator.getName(index), iterator.getValue(index)],
    ),
  );
}
