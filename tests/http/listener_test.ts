import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { listen } from "../../src/http/listener.ts";

// deno-lint-ignore require-await
const answer = async () => new Response("here");

Deno.test("listen answers on both loopback addresses", async () => {
  const server = listen(answer, { host: "127.0.0.1", port: 0 });
  try {
    const port = new URL(server.address).port;
    assert.notEqual(port, "0");
    assert.equal(await (await fetch(server.address)).text(), "here");
    const hasIpv6 = Deno.networkInterfaces().some(({ address }) => address === "::1");
    if (hasIpv6) assert.equal(await (await fetch(`http://[::1]:${port}`)).text(), "here");
  } finally {
    await server.stop();
  }
});

Deno.test("listen names a host it cannot listen on", () => {
  assert.throws(() => listen(answer, { host: "no..name", port: 0 }), {
    name: "OperatorError",
    message: /^PORT 0 on HOST no\.\.name cannot be listened on: .+\.$/,
  });
});

/** A request whose body comes in two parts, and the answer to it. */
async function inTwoParts(address: string) {
  const port = Number(new URL(address).port);
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const encoder = new TextEncoder();
  await connection.write(
    encoder.encode("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 6\r\n\r\nabc"),
  );
  return {
    async sendRest() {
      await connection.write(encoder.encode("def"));
    },
    close() {
      connection.close();
    },
    async answer() {
      const text = await new Response(connection.readable).text();
      return { status: Number(text.split(" ")[1]), body: text.split("\r\n\r\n")[1] };
    },
  };
}

Deno.test("a stopping server finishes running requests and rejects new ones", async () => {
  const begun = Promise.withResolvers<void>();
  const server = listen(async (request) => {
    begun.resolve();
    return new Response(await request.text());
  }, { host: "127.0.0.1", port: 0 });
  const upload = await inTwoParts(server.address);
  await begun.promise;
  const stopped = server.stop(30);
  const late = await fetch(server.address, { headers: { "x-request-id": "proxy-17" } });
  assert.equal(late.headers.get("x-request-id"), "proxy-17");
  assert.deepEqual([late.status, late.headers.get("retry-after"), await late.json()], [503, "5", {
    error: "The server is stopping. Retry shortly.",
  }]);
  await upload.sendRest();
  assert.deepEqual(await upload.answer(), { status: 200, body: "abcdef" });
  await stopped;
  await assert.rejects(fetch(server.address), "nobody listens any more");
});

Deno.test({
  name: "a server survives more connections than it may have files open",
  ignore: Deno.build.os === "windows",
  async fn() {
    const script = fileURLToPath(new URL("./crowded_server.ts", import.meta.url));
    const child = new Deno.Command("sh", {
      args: ["-c", 'ulimit -n 80 && exec "$0" run -A "$1"', Deno.execPath(), script],
      stdout: "piped",
    }).spawn();
    const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    try {
      const { port } = new URL((await lines.read()).value!.trim());
      const dial = () => Deno.connect({ port: Number(port) });
      const taken = await dial();
      const crowd: Deno.Conn[] = [];
      try {
        while (true) crowd.push(await dial());
      } catch {
        // Refused or reset: nobody listens any more.
      }
      const get = "GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n";
      await taken.write(new TextEncoder().encode(get));
      assert.match(await new Response(taken.readable).text(), /here$/);
      for (const connection of crowd) connection.close();
      assert.equal(
        (await lines.read()).value!.trim(),
        "Http: Error: Too many open files (os error 24)",
      );
      let answer: string | undefined;
      while (answer === undefined) {
        answer = await fetch(`http://127.0.0.1:${port}`).then((response) => response.text(), () => {
          return undefined; // it listens again in a moment
        });
      }
      assert.equal(answer, "here");
    } finally {
      child.kill("SIGTERM");
      await lines.cancel();
      assert.equal((await child.status).code, 0);
    }
  },
});
