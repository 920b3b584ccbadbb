/**
 * A server that does nothing, or that only serves the files of a folder: what a request costs at least.
 */
import { serveDir } from "@std/http";

const [fsRoot] = Deno.args;
Deno.serve(
  {
    hostname: "127.0.0.1",
    port: 0,
    // As the real one says it, for what waits for it.
    onListen: ({ port }) =>
      console.log(`Coverage server: http://127.0.0.1:${port}\nDatabase: none`),
  },
  (request) => fsRoot ? serveDir(request, { fsRoot, quiet: true }) : new Response(),
);
