/**
 * Stands in for `jsr:@std/xml/parse-stream` where JSR cannot be reached: the streaming parser with
 * the published callbacks, written from the public documentation on top of `saxes`.
 *
 * @module
 */
import { SaxesParser } from "saxes";

/** The attributes of a start tag, in document order. */
export interface XmlAttributeIterator {
  /** How many there are. */
  readonly count: number;
  /** The name of the attribute at `index`, as written. */
  getName(index: number): string;
  /** Its value, entities resolved. */
  getValue(index: number): string;
}

/** What the parser calls while it reads; the positions are 1-based. */
export interface XmlEventCallbacks {
  /** A start tag, or an empty element's only tag. */
  onStartElement?(
    name: string,
    colonIndex: number,
    uri: string | undefined,
    attributes: XmlAttributeIterator,
    selfClosing: boolean,
    line: number,
    column: number,
    offset: number,
  ): void;
  /** An end tag; called for an empty element as well. */
  onEndElement?(
    name: string,
    colonIndex: number,
    uri: string | undefined,
    line: number,
    column: number,
    offset: number,
  ): void;
  /** Text between tags, entities resolved; perhaps in pieces. */
  onText?(text: string, line: number, column: number, offset: number): void;
}

/** Options of {@linkcode parseXmlStream}. */
export interface ParseStreamOptions {
  /** Refuse a document type declaration. Default: true. */
  disallowDoctype?: boolean;
  /** Keep line and column for errors. Default: false. */
  trackPosition?: boolean;
  /** Elements within elements, at most. Default: no limit. */
  maxDepth?: number;
  /** Attributes of an element, at most. Default: no limit. */
  maxAttributes?: number;
}

/** The document is not well-formed; `line` and `column` are 1-based, 0 where not tracked. */
export class XmlSyntaxError extends SyntaxError {
  /** Says what is wrong and where. */
  constructor(message: string, position: { line: number; column: number; offset: number }) {
    super(
      position.line > 0
        ? `${message} at line ${position.line}, column ${position.column}`
        : message,
    );
    this.name = "XmlSyntaxError";
    this.line = position.line;
    this.column = position.column;
    this.offset = position.offset;
  }
  /** 1-based line. */
  readonly line: number;
  /** 1-based column. */
  readonly column: number;
  /** Characters before it. */
  readonly offset: number;
}

/** Reads a document from decoded text and calls back; throws {@linkcode XmlSyntaxError}. */
export async function parseXmlStream(
  source: AsyncIterable<string>,
  callbacks: XmlEventCallbacks,
  options: ParseStreamOptions = {},
): Promise<void> {
  // saxes never reads a DTD: it skips the declaration, and any entity but the five is an error.
  const parser = new SaxesParser<{ xmlns: false; position: boolean }>({
    xmlns: false,
    position: options.trackPosition ?? false,
  });
  // An unfinished token, such as an "&" that no ";" follows, swallows the rest of the document and is
  // noticed at its end; what helps to find it is where the last whole tag ended.
  const lastTag = { line: 1, column: 1, offset: 0 };
  const mark = () => {
    lastTag.line = parser.line;
    lastTag.column = Math.max(parser.column, 1);
    lastTag.offset = parser.position;
  };
  let atEnd = false;
  const fail = (message: string) => {
    if (!atEnd) mark();
    const untracked = { line: 0, column: 0, offset: lastTag.offset };
    throw new XmlSyntaxError(message, options.trackPosition ? lastTag : untracked);
  };
  parser.on("error", (error) => fail(error.message.replace(/^\d+:\d+: /, "")));
  parser.on("doctype", () => {
    if (options.disallowDoctype ?? true) fail("A DOCTYPE declaration is not allowed");
  });
  const { maxDepth = Infinity, maxAttributes = Infinity } = options;
  const { onStartElement, onEndElement, onText } = callbacks;
  const iterator = new Attributes();
  let depth = 0;
  parser.on("opentag", ({ name, attributes, isSelfClosing }) => {
    const start = lastTag.offset;
    mark();
    iterator.values = attributes;
    if (++depth > maxDepth) fail(`Elements are nested deeper than ${maxDepth}`);
    // An attribute takes five characters at least: shorter tags need no counting.
    if (lastTag.offset - start > maxAttributes * 5 && iterator.count > maxAttributes) {
      fail(`An element has more than ${maxAttributes} attributes`);
    }
    const { line, column, offset } = lastTag;
    onStartElement?.(
      name,
      name.indexOf(":"),
      undefined,
      iterator,
      isSelfClosing,
      line,
      column,
      offset,
    );
  });
  parser.on("closetag", ({ name, isSelfClosing }) => {
    if (!isSelfClosing) mark();
    depth--;
    const { line, column, offset } = lastTag;
    onEndElement?.(name, name.indexOf(":"), undefined, line, column, offset);
  });
  if (onText) {
    parser.on("text", (text) => onText(text, lastTag.line, lastTag.column, lastTag.offset));
  }
  for await (const chunk of source) parser.write(chunk);
  atEnd = true;
  parser.close();
}

/** One for all tags; it lists the names only when somebody asks: of most tags nobody does. */
class Attributes implements XmlAttributeIterator {
  #values: Record<string, string> = {};
  #names: string[] | undefined;

  set values(values: Record<string, string>) {
    this.#values = values;
    this.#names = undefined;
  }

  get count(): number {
    return (this.#names ??= Object.keys(this.#values)).length;
  }

  getName(index: number): string {
    return (this.#names ??= Object.keys(this.#values))[index]!;
  }

  getValue(index: number): string {
    return this.#values[this.getName(index)]!;
  }
}
