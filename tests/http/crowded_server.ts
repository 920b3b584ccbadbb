// A server for a process that may have few files open: says where it listens, and what has failed.
import { listen } from "../../src/http/listener.ts";

// deno-lint-ignore require-await
const server = listen(async () => new Response("here"), {
  host: "127.0.0.1",
  port: 0,
  failed: (error) => console.log(String(error).split("\n")[0]),
});
console.log(server.address);
Deno.addSignalListener("SIGTERM", async () => {
  await server.stop();
  Deno.exit(0);
});
