/**
 * `deno task demo` starts a server with invented history on a scratch folder. Ctrl-C stops it and
 * removes the folder. `PORT` is as for the server; default: any free port.
 */
import { startDemo } from "./server.ts";

const isTerminal = Deno.stdout.isTerminal();
/** Overwrites the last line of a terminal; elsewhere each is a line of its own. */
const show = (text: string) =>
  Deno.stdout.writeSync(new TextEncoder().encode(isTerminal ? `\r\x1b[K${text}` : `${text}\n`));

const stop = Promise.withResolvers<void>();
Deno.addSignalListener("SIGINT", () => stop.resolve());
if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", () => stop.resolve());

{
  show("Starting a server on a scratch folder…");
  await using server = await startDemo({
    end: new Date(),
    port: Deno.env.get("PORT") ?? "0",
    progress: (done, all) => {
      if (isTerminal || done === all) show(`Uploading a few months of history: ${done} of ${all}`);
    },
  });
  const page = `${server.address}/coverages-ui`;
  show(`Ctrl-C stops the demo and removes its data.

  All repositories   ${page}
  A repository       ${page}/rakuten/laravel-request-docs
  Two languages      ${page}/acme/shop
  An author          ${page}/acme/user/grace
  A report           ${server.address}/coverages-api/assets/acme/billing/main/
`);
  await stop.promise;
}
Deno.exit(0);
