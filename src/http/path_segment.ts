/** The segments of a request's path. */
import { HttpError, quote } from "../errors.ts";

/** Percent-decodes one segment of a path; throws 400 for what no file of a report can be named. */
export function decodeSegment(segment: string): string {
  let name: string;
  try {
    name = decodeURIComponent(segment);
  } catch (error) {
    throw new HttpError(400, `The path has a malformed escape in ${quote(segment)}.`, {
      cause: error,
    });
  }
  const isSeparator = name.includes("/") || (Deno.build.os === "windows" && name.includes("\\"));
  if (name === "." || name === ".." || name.includes("\0") || isSeparator) {
    throw new HttpError(
      400,
      `The path has a segment that names no file, ${quote(segment)}.`,
    );
  }
  return name;
}
