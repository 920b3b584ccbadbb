/**
 * Serves the files of a report as the archive had them.
 *
 * @module
 */
import { join } from "node:path";
import { serveDir } from "@std/http";
import { HttpError } from "../http/errors.ts";
import { reportHeaders, withHeaders } from "../http/headers.ts";

/**
 * Answers `GET` or `HEAD` with a file, a folder's index page or its listing. `path` is what follows
 * the report's own address, still percent-encoded. Throws 400 for a malformed path and 404 for one
 * that is not there.
 */
export async function serveReport(
  request: Request,
  folder: string,
  path: string,
): Promise<Response> {
  const segments = path.split("/").map(decodeSegment);
  // Empty segments at the start and the end are slashes; in between they are no file's name.
  const names = segments.filter((segment) => segment !== "");
  const info = await statFile(join(folder, ...names));
  const isMalformed = segments.slice(0, -1).includes("") && names.length > 0;
  if (!info || isMalformed) throw new HttpError(404, "The report has no such file.");
  const url = new URL(request.url);
  const endsInSlash = url.pathname.endsWith("/");
  if (info.isDirectory !== endsInSlash) {
    const location = info.isDirectory ? `${url.pathname}/` : url.pathname.replace(/\/+$/, "");
    return new Response(null, { status: 302, headers: { location, "cache-control": "no-cache" } });
  }
  const inReport = `/${names.map(encodeURIComponent).join("/")}${
    endsInSlash && names.length ? "/" : ""
  }`;
  const inner = new Request(`http://report${inReport}`, {
    method: request.method,
    headers: request.headers,
  });
  const response = await serveDir(inner, {
    fsRoot: folder,
    showDirListing: true,
    showDotfiles: true,
    quiet: true,
  });
  if (response.status === 404) throw new HttpError(404, "The report has no such file.");
  return withHeaders(response, reportHeaders);
}

/** Percent-decodes one segment of a path; throws 400 for what no file of a report can be named. */
export function decodeSegment(segment: string): string {
  let name: string;
  try {
    name = decodeURIComponent(segment);
  } catch (error) {
    throw new HttpError(400, `The path has a malformed escape in ${JSON.stringify(segment)}.`, {
      cause: error,
    });
  }
  const isSeparator = name.includes("/") || (Deno.build.os === "windows" && name.includes("\\"));
  if (name === "." || name === ".." || name.includes("\0") || isSeparator) {
    throw new HttpError(
      400,
      `The path has a segment that names no file, ${JSON.stringify(segment)}.`,
    );
  }
  return name;
}

/** Nothing for a path that no file has: too long, or through a file as if it were a folder. */
async function statFile(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return undefined;
    throw error;
  }
}
