/** The segments of a request's path. */
import { HttpError, quote } from "../errors.ts";
import type { RouteContext } from "./router.ts";

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

/** The repository that the path of a route names. */
export function repositoryIn({ org = "", repo = "" }: RouteContext["params"]) {
  return { org_name: decodeSegment(org), repo_name: decodeSegment(repo) };
}
