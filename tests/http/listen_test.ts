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
