/**
 * A server that answers every request with a file of a folder: by `serveDir` alone, or as reports are
 * served, from memory.
 *
 * @module
 */
import { dirname } from "node:path";
import { serveDir } from "@std/http";
import { createServeReport } from "../src/reports/serve.ts";

if (import.meta.main) {
  const [kind, file] = Deno.args;
  const fsRoot = dirname(file!);
  const serveReport = createServeReport({
    store: { folder: () => fsRoot },
    cacheBytes: 64 * 1024 * 1024,
  });
  Deno.serve(
    {
      hostname: "127.0.0.1",
      port: 0,
      onListen: ({ port }) => console.log(`File server: http://127.0.0.1:${port} `),
    },
    (request) =>
      kind === "serveDir"
        ? serveDir(request, { fsRoot, quiet: true })
        : serveReport(request, { report: "bench", path: new URL(request.url).pathname.slice(1) }),
  );
}
