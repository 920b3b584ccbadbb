/** A server of a test's own, on a free port of 127.0.0.1; dispose it to stop it. */
export function serve(answer: Deno.ServeHandler<Deno.NetAddr>) {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, answer);
  const { port } = server.addr;
  return {
    port,
    address: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
