/** Serves the files of a report as the archive had them. */
import { join } from "node:path";
import { serveDir } from "@std/http";
import { HttpError } from "../errors.ts";
import { type Surface, withHeaders } from "../http/headers.ts";
import { decodeSegment } from "../http/router.ts";
import { canBeNamed } from "./disk.ts";
import { opensPage, withScript } from "./sandbox.ts";

/** What tells a browser that opens a page from anything else. */
const VARY = "accept, sec-fetch-dest";

export interface ReportOptions {
  /** Where the report is. */
  readonly folder: string;
  /** What follows the report's own address, still percent-encoded. */
  readonly path: string;
  /** The whole address. */
  readonly url: URL;
  readonly headers: Surface;
  /** Whether pages that a browser opens get the script of the sandbox. */
  readonly sandboxed: boolean;
}

/**
 * Answers `GET` or `HEAD` with a file, a folder's index page or its listing. Throws 400 for a malformed
 * path, 404 for one that does not exist.
 */
export async function serveReport(request: Request, options: ReportOptions): Promise<Response> {
  const { folder, path, url: { pathname, search }, sandboxed } = options;
  const endsInSlash = pathname.endsWith("/");
  const names = namesIn(path);
  const file = join(folder, ...names);
  const mayBePage = sandboxed && (endsInSlash || /\.s?html?$/i.test(file));
  const headers = mayBePage ? { ...options.headers, vary: VARY } : options.headers;
  const isPage = mayBePage && opensPage(request);
  const given = isPage ? new Headers() : withUsableRange(request.headers);
  const slash = endsInSlash && names.length > 0 ? "/" : "";
  const inner = new Request(`http://report/${names.map(encodeURIComponent).join("/")}${slash}`, {
    // The static servers answer HEAD on conditions differently; the body is left out further up.
    method: "GET",
    headers: given,
  });
  const isRoot = names.length === 0;
  const response = isRoot && !endsInSlash ? undefined : await serveFolder(inner, folder);
  if (!(response instanceof Response) || ![200, 206, 304].includes(response.status)) {
    // Only now, because each look at the disk costs as much as the rest of the answer.
    const info = await statFile(file);
    if (!info) throw noSuchFile();
    if (info.isDirectory !== endsInSlash) {
      // Relative, because a proxy may serve this server below a path of its own.
      const last = pathname.split("/").findLast((segment) => segment !== "");
      const location = info.isDirectory ? `./${last}/${search}` : `../${last}${search}`;
      const redirect = { ...headers, location, "cache-control": "no-cache" };
      return new Response(null, { status: 302, headers: redirect });
    }
    if (!(response instanceof Response)) throw response;
    await response.body?.cancel();
    if (response.status === 416) throw unsatisfiable(response, info.size);
    throw new Error(`serveDir answered ${response.status} for ${file}`);
  }
  if (response.status === 304) response.headers.delete("content-type"); // there is no content
  else if (!endsInSlash || response.headers.has("last-modified")) { // and no listing of a folder
    response.headers.set("content-type", typeOf(response.headers.get("content-type")));
  }
  // What an id leads to never changes: `Last-Modified` is enough to ask whether it is still there.
  response.headers.delete("etag");
  response.headers.delete("server"); // the version of a library is nobody else's business
  return withHeaders(isPage ? await withScript(response) : response, headers);
}

/** What `serveDir` answers, or why it failed, as it does for a name that is too long. */
async function serveFolder(request: Request, fsRoot: string): Promise<unknown> {
  const options = { fsRoot, showDirListing: true, showDotfiles: true, quiet: true };
  return await serveDir(request, options).catch((error) => error);
}

/** With a charset only where the file cannot name its own, as pages, XML, styles and scripts can. */
function typeOf(type: string | null): string {
  if (type === null) return "application/octet-stream";
  const named = type.toLowerCase(); // published `@std/http` writes UTF-8
  return /^text\/(?!html|xml|css|javascript)/.test(named) ? named : named.split(";")[0]!;
}

/** The names in a path; several slashes count as one, as for nginx. */
function namesIn(path: string): string[] {
  const names = path.split("/").filter((segment) => segment !== "").map(decodeSegment);
  if (!names.every((name) => canBeNamed(name))) throw noSuchFile();
  return names;
}

function noSuchFile(): HttpError {
  return new HttpError(404, "The report has no such file.");
}

function unsatisfiable(response: Response, size: number): HttpError {
  const contentRange = response.headers.get("content-range");
  return new HttpError(416, `The file has ${size} bytes; the range starts after its end.`, {
    headers: contentRange ? { "content-range": contentRange } : {},
  });
}

/**
 * Drops a `Range` that is not one range of bytes: RFC 9110 (14.2) has a server ignore what it does
 * not understand, and the static servers answer 400, 416 or nothing at all. One that holds only for
 * what `If-Range` names is dropped as well, which a server may (13.1.5).
 */
function withUsableRange(given: Headers): Headers {
  const value = given.get("range");
  if (value === null) return given;
  const range = /^bytes=(?:(\d+)-(\d*)|-(0*[1-9]\d*))$/i.exec(value.trim());
  const [, first, last] = range ?? [];
  if (range && !given.has("if-range") && !(first && last && Number(last) < Number(first))) {
    return given;
  }
  const headers = new Headers(given);
  headers.delete("range");
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
