import assert from "node:assert/strict";
import { listen } from "../../src/http/listen.ts";

// deno-lint-ignore require-await
const answer = async () => new Response("here");

Deno.test("listen answers on both loopback addresses at the port it names", async () => {
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

Deno.test("listen throws when the port is taken", async () => {
  const server = listen(answer, { host: "127.0.0.1", port: 0 });
  try {
    const port = Number(new URL(server.address).port);
    assert.throws(() => listen(answer, { host: "127.0.0.1", port }), /is in use/);
  } finally {
    await server.stop();
  }
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

Deno.test("a server that stops lets what is under way finish, and takes nothing new on", async () => {
  const begun = Promise.withResolvers<void>();
  const server = listen(async (request) => {
    begun.resolve();
    return new Response(await request.text());
  }, { host: "127.0.0.1", port: 0 });
  const upload = await inTwoParts(server.address);
  await begun.promise;
  const stopped = server.stop(30);
  const late = await fetch(server.address);
  assert.deepEqual([late.status, late.headers.get("retry-after"), await late.json()], [503, "5", {
    error: "The server is stopping; try again shortly.",
  }]);
  await upload.sendRest();
  assert.deepEqual(await upload.answer(), { status: 200, body: "abcdef" });
  await stopped;
  await assert.rejects(fetch(server.address), "nobody listens any more");
});

Deno.test("what has not finished in time is cut, and cleans up before the server has stopped", async () => {
  const begun = Promise.withResolvers<void>();
  let outcome = "under way";
  const server = listen(async (request) => {
    begun.resolve();
    await request.text().catch(() => outcome = "cut");
    await Promise.resolve();
    outcome += ", cleaned up";
    return new Response("cut");
  }, { host: "127.0.0.1", port: 0 });
  const upload = await inTwoParts(server.address);
  await begun.promise;
  await server.stop(0);
  assert.equal(outcome, "cut, cleaned up");
  upload.close();
});
