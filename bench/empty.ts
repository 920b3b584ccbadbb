/**
 * A server that does nothing: what a request costs at least, sender included.
 *
 * @module
 */
if (import.meta.main) {
  Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => console.log(`Empty server: http://127.0.0.1:${port}`),
  }, () => new Response());
}
