/**
 * A server that answers every request with a file of a folder: by `serveDir` alone, as reports are
 * served, from memory, or with that answer and nothing done for it.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import { serveDir } from "@std/http";
import { createServeReport } from "../../src/reports/serve.ts";

if (import.meta.main) {
  const [kind, file] = Deno.args;
  const fsRoot = dirname(file!);
  const serveReport = createServeReport({
    store: { folder: () => fsRoot },
    cacheBytes: 64 * 1024 * 1024,
  });
  const answers: Record<string, (request: Request) => Response | Promise<Response>> = {
    serveDir: (request) => serveDir(request, { fsRoot, quiet: true }),
    serveReport: (request) =>
      serveReport(request, { report: "bench", path: new URL(request.url).pathname.slice(1) }),
    bare: await repeated(() =>
      serveReport(new Request("http://bench/"), { report: "bench", path: basename(file!) })
    ),
  };
  Deno.serve(
    {
      hostname: "127.0.0.1",
      port: 0,
      onListen: ({ port }) => console.log(`File server: http://127.0.0.1:${port} `),
    },
    answers[kind!]!,
  );
}

/** Answers with the same bytes and headers each time. */
async function repeated(ask: () => Response | Promise<Response>): Promise<() => Response> {
  const answer = await ask();
  const headers = [...answer.headers];
  const content = await answer.bytes();
  return () => {
    const response = new Response(content);
    for (const [name, value] of headers) response.headers.append(name, value);
    return response;
  };
}
