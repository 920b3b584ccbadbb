/**
 * Stands in for `jsr:@std/http/file-server` where JSR cannot be reached: `serveDir`, written from
 * its public documentation. Conditional and range requests come from `@remix-run/response`, content
 * types from `@remix-run/mime`.
 *
 * @module
 */
import { posix } from "node:path";
import { detectMimeType } from "@remix-run/mime";
import { createFileResponse } from "@remix-run/response/file";

/** Options of {@linkcode serveDir}. */
export interface ServeDirOptions {
  /** The folder to serve; default: the current one. */
  fsRoot?: string;
  /** List a folder that has no index.html. Default: false. */
  showDirListing?: boolean;
  /** Let a listing show names that begin with a dot. Default: false. */
  showDotfiles?: boolean;
  /** Serve `index.html` for its folder. Default: true. */
  showIndex?: boolean;
  /** Keep quiet on the console. Default: false; this stand-in never logs. */
  quiet?: boolean;
}

/** Answers `GET` and `HEAD` with the file, the index page or the listing of the folder. */
export async function serveDir(request: Request, options: ServeDirOptions = {}): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return new Response("Method Not Allowed", { status: 405 });
  }
  const url = new URL(request.url);
  const inRoot = posix.normalize(decodeURIComponent(url.pathname)); // absolute: never above the root
  let file = `${options.fsRoot ?? "."}${inRoot}`;
  try {
    let info = await Deno.stat(file);
    if (info.isDirectory) {
      if (!inRoot.endsWith("/")) {
        return new Response(null, { status: 301, headers: { location: `${url.pathname}/` } });
      }
      const index = `${file}index.html`;
      const indexInfo = options.showIndex === false ? null : await statOrNull(index);
      if (!indexInfo?.isFile) {
        return options.showDirListing
          ? await listing(request, file, inRoot, options)
          : new Response("Not Found", { status: 404 });
      }
      [file, info] = [index, indexInfo];
    } else if (inRoot.endsWith("/")) return new Response("Not Found", { status: 404 });
    return await createFileResponse(fileLike(file, info), request, { acceptRanges: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return new Response("Not Found", { status: 404 });
    }
    throw error;
  }
}

function statOrNull(path: string): Promise<Deno.FileInfo | null> {
  return Deno.stat(path).catch(() => null);
}

function fileLike(path: string, info: Deno.FileInfo) {
  return {
    name: path,
    size: info.size,
    type: detectMimeType(path.slice(path.lastIndexOf("/") + 1)) ?? "application/octet-stream",
    lastModified: info.mtime?.getTime() ?? 0,
    stream: () => Deno.openSync(path).readable,
    slice: (start = 0, end = info.size) => ({ stream: () => part(path, start, end) }),
    arrayBuffer: async () => (await Deno.readFile(path)).buffer,
  };
}

function part(path: string, start: number, end: number): ReadableStream<Uint8Array> {
  const file = Deno.openSync(path);
  file.seekSync(start, Deno.SeekMode.Start);
  let left = end - start;
  return file.readable.pipeThrough(
    new TransformStream({
      transform(chunk, controller) {
        controller.enqueue(chunk.subarray(0, left));
        left -= chunk.byteLength;
        if (left <= 0) controller.terminate();
      },
    }),
  );
}

async function listing(
  request: Request,
  folder: string,
  title: string,
  options: ServeDirOptions,
): Promise<Response> {
  const names = title === "/" ? [] : ["../"];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (options.showDotfiles || !name.startsWith(".")) names.push(isDirectory ? `${name}/` : name);
  }
  const rows = names.sort().map((name) =>
    `<li><a href="./${escape(encodeURIComponent(name).replaceAll("%2F", "/"))}">${
      escape(name)
    }</a></li>`
  );
  const html =
    `<!DOCTYPE html><html><head><meta charset="utf-8"><title>${escape(title)}</title></head>` +
    `<body><h1>Index of ${escape(title)}</h1><ul>${rows.join("")}</ul></body></html>`;
  return new Response(request.method === "HEAD" ? null : html, {
    headers: { "content-type": "text/html; charset=UTF-8" },
  });
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
