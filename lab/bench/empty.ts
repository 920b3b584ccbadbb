/**
 * A server that does nothing: what a request costs at least, sender included. It answers with the
 * file that it is given, kept in memory, or with an empty body.
 *
 * @module
 */
if (import.meta.main) {
  const [file] = Deno.args;
  const body = file === undefined ? null : await Deno.readFile(file);
  const headers = { "content-type": "text/html; charset=utf-8" };
  Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => console.log(`Empty server: http://127.0.0.1:${port}`),
  }, () => body ? new Response(body, { headers }) : new Response());
}
