/** Numbers as coverage tools write them. */
import { quote } from "../errors.ts";
import { CoverageError } from "./coverage.ts";

/** `1,204` as some locales write 1204. */
const GROUPED = /^\d{1,3}(?:,\d{3})+$/;

/** The number of 1 to 15 digits, else NaN; a file has millions of them. */
function plainNumber(text: string): number {
  if (text.length === 0 || text.length > 15) return NaN;
  let number = 0;
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return NaN;
    number = number * 10 + digit;
  }
  return number;
}

/** A whole number of 0 or more; nothing for any other text. */
export function wholeNumber(text: string): number | undefined {
  const plain = plainNumber(text);
  if (!Number.isNaN(plain)) return plain;
  if (GROUPED.test(text)) return Number(text.replaceAll(",", ""));
  return /^\d{1,15}[.,]0+$/.test(text) ? parseInt(text) : undefined;
}

/** A count of a total, nothing where it is absent. Throws a `CoverageError` for what is no count. */
export function totalCount(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = wholeNumber(text);
  if (count === undefined) {
    throw new CoverageError(`has ${name}=${quote(text)}, which is not a count`);
  }
  return count;
}

/** A count of a total in JSON. Throws a `CoverageError` for what is no count. */
export function jsonCount(name: string, value: string | number | boolean | null): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new CoverageError(`has ${quote(name)}: ${JSON.stringify(value)}, which is not a count`);
}

/**
 * How often a line was hit; 0 where it is not said. Tools write `1.0`, `1e6`, `1,204`, numbers of
 * 20 digits, and negative ones where a counter overflowed, which lcov takes for 0 as well.
 */
export function hitCount(text: string | undefined): number {
  if (text === undefined || text === "") return 0;
  const plain = plainNumber(text);
  if (!Number.isNaN(plain)) return plain;
  const value = GROUPED.test(text)
    ? Number(text.replaceAll(",", ""))
    : /^\s*[+-]?[\d.,]/.test(text)
    ? Number(text.replace(",", "."))
    : NaN;
  if (Number.isNaN(value)) {
    throw new CoverageError(`has the hits ${quote(text)}, which are not a number`);
  }
  return wholeHits(value);
}

/** Hits from 0, a part of one counted as one. */
export function wholeHits(value: number): number {
  return value > 0 ? Math.ceil(value) : 0;
}
