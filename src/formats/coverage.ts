/** What a coverage report comes down to: two integers, and the percentage they make. */
import { percentageOf } from "../model/percentage.ts";

/** The total of one report. */
export interface Coverage {
  /** Line coverage from 0 to 100, rounded to 2 decimals as {@linkcode percentageOf} does. */
  readonly percentage: number;
  /** Lines hit at least once; null where the report holds only a rate. */
  readonly linesCovered: number | null;
  /** Lines that could be hit; null where the report holds only a rate. */
  readonly linesValid: number | null;
  /** The format's name, and what it counted where that is not lines. */
  readonly format: string;
}

/** Lines that were hit, and lines that could be. */
export interface Counts {
  covered: number;
  valid: number;
}

/** What a coverage file holds. */
export interface ParsedCoverage {
  /** The number that the tool itself prints. */
  readonly total: Coverage;
  /** The lines of each source file, as `decodeLines` reads them; null where the file has none. */
  readonly lines: Uint8Array<ArrayBuffer> | null;
  /** Folders that the paths of `lines` are relative to, where the file names them. */
  readonly sourceRoots?: readonly string[];
  /** Hashes of the first functions of each source file, where the file names them. */
  readonly functions?: ReadonlyMap<string, readonly number[]>;
  /** The module that was measured, where the file names it. */
  readonly module?: string;
}

/** The coverage file cannot be used; the message is a clause that follows the file's name. */
export class CoverageError extends Error {
  override readonly name = "CoverageError";
}

/** Counts are kept as Postgres `integer`. */
const MAX_COUNT = 2 ** 31 - 1;

/**
 * Makes the total of two counts. Throws {@linkcode CoverageError} where nothing was measured or the
 * counts contradict each other.
 */
export function coverageOf({ covered, valid }: Counts, format: string): Coverage {
  if (!Number.isSafeInteger(covered) || !Number.isSafeInteger(valid) || valid > MAX_COUNT) {
    throw new CoverageError(
      `counts ${covered} of ${valid} lines; at most ${MAX_COUNT} are allowed`,
    );
  }
  if (covered > valid) {
    throw new CoverageError(`contradicts itself: ${covered} of ${valid} lines are covered`);
  }
  if (valid === 0) {
    throw new CoverageError(
      "measured nothing, 0 of 0 lines; usually the coverage tool's include path matches no source file",
    );
  }
  return {
    percentage: percentageOf(covered, valid),
    linesCovered: covered,
    linesValid: valid,
    format,
  };
}
