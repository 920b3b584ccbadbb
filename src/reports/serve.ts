/**
 * Serves the files of a report as the archive had them.
 *
 * @module
 */
import { join } from "node:path";
import { serveDir } from "@std/http";
import { HttpError } from "../errors.ts";
import { reportHeaders, type Surface, withHeaders } from "../http/headers.ts";
import { decodeSegment } from "../http/path_segment.ts";
import { FileCache } from "./cache.ts";
import { canBeNamed } from "./file_names.ts";
import { askForPage, opensPage, withStorage } from "./sandbox_storage.ts";
import type { ReportStore } from "./store.ts";

/** What of a report is asked for. */
export interface Asked {
  /** The report's id. */
  readonly report: string;
  /** What follows the report's own address, still percent-encoded. */
  readonly path: string;
  /** The headers of the answer. Default: those of an address whose report changes. */
  readonly surface?: Surface;
}

/**
 * Answers `GET` or `HEAD` with a file, a folder's index page or its listing. Throws 400 for a
 * malformed path and 404 for one that is not there.
 */
export type ServeReport = (request: Request, asked: Asked) => Promise<Response>;

/** Makes what serves reports; `cacheBytes` of their small files stay in memory. */
export function createServeReport(
  { store, cacheBytes }: { store: Pick<ReportStore, "folder">; cacheBytes: number },
): ServeReport {
  const cache = new FileCache(cacheBytes);
  return async (request, { report, path, surface = reportHeaders }) => {
    const address: Address = {
      path,
      endsInSlash: (path || new URL(request.url).pathname).endsWith("/"),
      isOpened: opensPage(request),
    };
    // By the address as it was asked for: decoding it would take longer than the rest.
    const name = `${report} ${address.isOpened} ${address.endsInSlash} ${path}`;
    const kept = cache.answer(request, name);
    if (kept) return withHeaders(kept, surface);
    const { response, size, dated } = await readFile(request, store.folder(report), address);
    return withHeaders(await cache.keep(name, response, { size, dated }), surface);
  };
}

/** Where in a report, and for whom. */
interface Address {
  readonly path: string;
  /** Of the whole address, also where nothing follows the report's own. */
  readonly endsInSlash: boolean;
  /** Whether a browser opens it as a page, should it be one. */
  readonly isOpened: boolean;
}

/** An answer from the disk. */
interface FromDisk {
  readonly response: Response;
  /** The file's, in bytes. */
  readonly size: number;
  /** Whether what is as old as the file is the same as the answer. */
  readonly dated: boolean;
}

async function readFile(
  request: Request,
  folder: string,
  { path, endsInSlash, isOpened }: Address,
): Promise<FromDisk> {
  const segments = path.split("/").map(decodeSegment);
  // Empty segments at the start and the end are slashes; in between they are no file's name.
  const names = segments.filter((segment) => segment !== "");
  const isMalformed = segments.slice(0, -1).includes("") && names.length > 0;
  if (isMalformed || !names.every((name) => canBeNamed(name))) {
    throw new HttpError(404, "The report has no such file.");
  }
  const isHtml = endsInSlash || /\.s?html?$/i.test(names.at(-1) ?? "");
  const isPage = isHtml && isOpened;
  const info = await statFile(join(folder, ...names));
  if (!info) throw new HttpError(404, "The report has no such file.");
  if (info.isDirectory !== endsInSlash) {
    // Relative, because a proxy may have this server below a path of its own.
    const { pathname, search } = new URL(request.url);
    const last = pathname.split("/").findLast((segment) => segment !== "");
    const location = info.isDirectory ? `./${last}/${search}` : `../${last}${search}`;
    const headers = { location, "cache-control": "no-cache" };
    return { response: new Response(null, { status: 302, headers }), size: 0, dated: false };
  }
  const inReport = `/${names.map(encodeURIComponent).join("/")}${
    endsInSlash && names.length ? "/" : ""
  }`;
  const inner = new Request(`http://report${inReport}`, {
    // What a page weighs with its script is only known when it is read, and not every static server
    // answers HEAD on conditions as it answers GET; the body is left out further up.
    method: "GET",
    headers: isPage ? askForPage(request.headers) : withUsableRange(request.headers),
  });
  const response = await serveDir(inner, {
    fsRoot: folder,
    showDirListing: true,
    showDotfiles: true,
    quiet: true,
  });
  if (response.status === 404) throw new HttpError(404, "The report has no such file.");
  if (response.status === 416) {
    await response.body?.cancel();
    const contentRange = response.headers.get("content-range");
    throw new HttpError(416, `The file has ${info.size} bytes; the range begins behind them.`, {
      headers: contentRange ? { "content-range": contentRange } : {},
    });
  }
  const size = Number(response.headers.get("content-length") ?? Infinity);
  if (response.status === 304) response.headers.delete("content-type"); // there is no content
  response.headers.delete("server"); // which version of a library this is, is for nobody else to know
  const answer = isPage ? await withStorage(response) : response;
  if (isHtml) answer.headers.set("vary", "accept, sec-fetch-dest");
  return { response: answer, size, dated: !isPage };
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
