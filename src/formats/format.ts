/**
 * What a coverage format is to the rest of the server: how its documents are recognised, and a
 * reader for them. A document is XML, JSON, or lines of text; which, its first character tells.
 */
import type { ParsedCoverage } from "./coverage.ts";
import type { LineCollector } from "./line_collector.ts";

export type CoverageFormat = XmlFormat | JsonFormat | TextFormat;

interface Named {
  /** As it is stored and shown: lower case, no version. */
  readonly name: string;
  /** As messages list it. */
  readonly title: string;
}

/** It is given the collector of its document's lines when it is opened. */
interface Reader {
  /** After the end of the document. Throws `CoverageError` where there is no number. */
  result(): ParsedCoverage;
}

/** A format of XML, recognised by its first one or two elements. */
export interface XmlFormat extends Named {
  readonly kind: "xml";
  /**
   * A reader for a document with this root element and first child, "" where it has none; nothing for
   * another format.
   */
  open(root: Root, lines: LineCollector): XmlReader | undefined;
}

/** What tells a format of XML. */
export interface Root {
  readonly name: string;
  readonly attributes: Attributes;
  /** The first element in it. */
  readonly child: string;
}

export interface XmlReader extends Reader {
  /** A start tag below the root. `path` holds the names of its ancestors, the root's first. */
  start(name: string, attributes: Attributes, path: readonly string[]): void;
  /** The end of an element below the root. */
  end?(name: string): void;
  /** Text in the element that `path` ends with, perhaps in pieces. */
  text?(text: string, path: readonly string[]): void;
}

/** The attributes of a start tag; to be read during the call that hands them over, never kept. */
export interface Attributes {
  get(name: string): string | undefined;
}

/** A format of JSON, recognised by its keys. */
export interface JsonFormat extends Named {
  readonly kind: "json";
  /** Whether a key or an array's place, the last of `path`, tells the format. */
  matches(path: JsonPath): boolean;
  open(lines: LineCollector): JsonReader;
}

/** Keys and places in arrays, from the root to a value; it changes after the call. */
export type JsonPath = readonly (string | number)[];

export interface JsonReader extends Reader {
  /** A value that is no object and no array; of a long string, its first characters. */
  value(value: string | number | boolean | null, path: JsonPath): void;
  /** The end of the object or array at `path`. */
  end?(path: JsonPath): void;
}

/** A format of lines, recognised by the first that is neither blank nor a comment. */
export interface TextFormat extends Named {
  readonly kind: "text";
  matches(firstLine: string): boolean;
  open(lines: LineCollector): TextReader;
}

export interface TextReader extends Reader {
  /** A line without its end, each byte of UTF-8 as a character (`decodeName` makes text of it). */
  line(line: string, number: number): void;
}
