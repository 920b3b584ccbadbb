/**
 * What a coverage format is to the rest of the server.
 *
 * @module
 */
import type { Coverage } from "./coverage.ts";

/** The attributes of a start tag; to be read during the call that hands them over, never kept. */
export interface Attributes {
  /** The value of an attribute, nothing where it is absent. */
  get(name: string): string | undefined;
}

/** Reads one document of a format, element by element; it keeps no more than it needs. */
export interface CoverageReader {
  /** A start tag below the root. `path` holds the names of its ancestors, the root's first. */
  start(name: string, attributes: Attributes, path: readonly string[]): void;
  /** The total, after the last element. Throws `CoverageError` where there is none. */
  result(): Coverage;
}

/** A format: told by the root element, never by a file's name. */
export interface CoverageFormat {
  /** As it is stored and shown: lower case, no version. */
  readonly name: string;
  /** A reader for a document with this root element, or nothing where it is of another format. */
  open(root: string, attributes: Attributes): CoverageReader | undefined;
}

/** The value of an attribute that counts something; nothing where it is absent or no integer. */
export function count(attributes: Attributes, name: string): number | undefined {
  const value = attributes.get(name);
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
