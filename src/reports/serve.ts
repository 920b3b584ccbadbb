/**
 * Serves the files of a report as the archive had them.
 *
 * @module
 */
import { join } from "node:path";
import { serveDir } from "@std/http";
import { HttpError } from "../errors.ts";
import { type Surface, withHeaders } from "../http/headers.ts";
import { decodeSegment } from "../http/path_segment.ts";
import { canBeNamed } from "./file_names.ts";
import { askForPage, opensPage, withStorage } from "./sandbox_storage.ts";

/** What tells a browser that opens a page from anything else. */
export const VARY = "accept, sec-fetch-dest";

/**
 * Answers `GET` or `HEAD` with a file, a folder's index page or its listing. `path` is what follows
 * the report's own address, still percent-encoded. Throws 400 for a malformed path, 404 for one that
 * does not exist.
 */
export async function serveReport(
  request: Request,
  { folder, path, headers }: { folder: string; path: string; headers: Surface },
): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  // Of the whole address, also where nothing follows the report's own.
  const endsInSlash = (path || pathname).endsWith("/");
  const names = namesIn(path);
  const info = await statFile(join(folder, ...names));
  if (!info) throw noSuchFile();
  if (info.isDirectory !== endsInSlash) {
    // Relative, because a proxy may serve this server below a path of its own.
    const last = pathname.split("/").findLast((segment) => segment !== "");
    const location = info.isDirectory ? `./${last}/${search}` : `../${last}${search}`;
    const redirect = { location, "cache-control": "no-cache" };
    return withHeaders(new Response(null, { status: 302, headers: redirect }), headers);
  }
  const isHtml = endsInSlash || /\.s?html?$/i.test(names.at(-1) ?? "");
  const isPage = isHtml && opensPage(request);
  const slash = endsInSlash && names.length > 0 ? "/" : "";
  const inner = new Request(`http://report/${names.map(encodeURIComponent).join("/")}${slash}`, {
    // The static servers answer HEAD on conditions differently; the body is left out further up.
    method: "GET",
    headers: isPage ? askForPage(request.headers) : withUsableRange(request.headers),
  });
  const response = await serveDir(inner, {
    fsRoot: folder,
    showDirListing: true,
    showDotfiles: true,
    quiet: true,
  });
  if (response.status === 404) throw noSuchFile();
  if (response.status === 416) throw await unsatisfiable(response, info.size);
  if (response.status === 304) response.headers.delete("content-type"); // there is no content
  response.headers.delete("server"); // the version of a library is nobody else's business
  const answer = isPage ? await withStorage(response) : response;
  if (isHtml) answer.headers.set("vary", VARY);
  return withHeaders(answer, headers);
}

/** The names in a path. Empty segments at the start and the end are slashes, in between no file. */
function namesIn(path: string): string[] {
  const segments = path.split("/").map(decodeSegment);
  const names = segments.filter((segment) => segment !== "");
  const isMalformed = segments.slice(0, -1).includes("") && names.length > 0;
  if (isMalformed || !names.every((name) => canBeNamed(name))) throw noSuchFile();
  return names;
}

function noSuchFile(): HttpError {
  return new HttpError(404, "The report has no such file.");
}

async function unsatisfiable(response: Response, size: number): Promise<HttpError> {
  await response.body?.cancel();
  const contentRange = response.headers.get("content-range");
  return new HttpError(416, `The file has ${size} bytes; the range starts after its end.`, {
    headers: contentRange ? { "content-range": contentRange } : {},
  });
}

/**
 * Drops a `Range` that is not one range of bytes: RFC 9110 (14.2) has a server ignore what it does
 * not understand, and the static servers answer 400, 416 or nothing at all. One that holds only for
 * what `If-Range` names is dropped as well, which a server may (13.1.5): where that is ignored, the
 * rest of a download would be of another upload.
 */
function withUsableRange(given: Headers): Headers {
  const headers = new Headers(given);
  const range = /^bytes=(?:(\d+)-(\d*)|-(0*[1-9]\d*))$/i.exec(headers.get("range")?.trim() ?? "");
  const [, first, last] = range ?? [];
  if (!range || headers.has("if-range") || (first && last && Number(last) < Number(first))) {
    headers.delete("range");
  }
  return headers;
}

/** Undefined for a path that no file has: too long, or through a file as if it were a folder. */
async function statFile(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return undefined;
    throw error;
  }
}
