import assert from "node:assert/strict";
import { readConfig } from "../../src/config.ts";
import { testApp } from "../support/app.ts";
import { listeningApp } from "../support/listening.ts";

/** The status of a request whose head is written as it is. */
async function statusOf(address: string, head: string): Promise<number> {
  const { hostname, port } = new URL(address);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(new TextEncoder().encode(`${head}\r\nConnection: close\r\n\r\n`));
  const [line] = (await new Response(connection.readable).text()).split("\r\n");
  return Number(line!.split(" ")[1]);
}

Deno.test("an invalid Host header is a 400", async () => {
  await using test = await listeningApp();
  const get = (host: string) => statusOf(test.address, `GET /nothing HTTP/1.1\r\nHost: ${host}`);
  for (const host of ["coverage.test", "coverage.test:80", "127.0.0.1:3000", "[::1]:3000", ""]) {
    assert.equal(await get(host), 404, host);
  }
  for (
    const host of [
      ...["coverage.test/coverages-api/health?", "coverage.test/coverages-api/health#"],
      ...[
        "coverage.test/",
        "coverage.test\\coverages-api",
        "user@coverage.test",
        "a b",
        "a?",
        "a#",
      ],
      ...["coverage.test:80:80", "coverage.test:x", "coverage.test:999999", "[::1", "::1", "a,b"],
    ]
  ) assert.equal(await get(host), 400, host);
  const absolute = "GET http://coverage.test/coverages-api/health HTTP/1.1\r\nHost: ";
  assert.equal(await statusOf(test.address, `${absolute}coverage.test`), 200);
  assert.equal(await statusOf(test.address, `${absolute}coverage.test/nothing`), 400);
  const named = absolute.replace("//", "//user@");
  assert.equal(await statusOf(test.address, `${named}coverage.test`), 400);
});

Deno.test("a path below /reports cannot reach other routes", async () => {
  await using test = await listeningApp();
  const get = (path: string) => statusOf(test.address, `GET ${path} HTTP/1.1\r\nHost: x`);
  for (const out of ["..", "%2e%2E", "x/../..", "x/%2e./.%2e", "..\\..", "x\\..\\.."]) {
    assert.equal(await get(`/coverages-api/reports/${out}/openapi.json`), 400, out);
  }
  assert.equal(await get("/coverages-api/../coverages-api/openapi.json"), 200);
  assert.equal(await get("/coverages-api/openapi.json?/coverages-api/reports/../"), 200);
});

Deno.test("a local server rejects other host names", async () => {
  const withApp = async (environment: Record<string, string>) => {
    const { host, publicUrl, auth } = readConfig(environment);
    const test = await testApp({ config: { host, publicUrl, auth } });
    const ask = async (origin: string, path: string) => {
      const response = await test.app(new Request(`${origin}${path}`));
      return [response.status, await response.text()] as const;
    };
    return { ask, [Symbol.asyncDispose]: () => test[Symbol.asyncDispose]() };
  };
  const paths = ["/coverages-api", "/coverages-api/health", "/coverages-ui"];
  for (const environment of [{}, { AUTH: "none" }, { PUBLIC_URL: "http://localhost:3000" }]) {
    await using local = await withApp(environment);
    for (const path of paths) {
      const [status, text] = await local.ask("http://rebound.evil.example:3000", path);
      assert.equal(status, 403, path);
      assert.match(text, /Host is .*rebound\.evil\.example:3000.*set PUBLIC_URL/s);
    }
    for (const origin of ["http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000"]) {
      assert.equal((await local.ask(origin, "/coverages-api"))[0], 200);
    }
  }
  const PUBLIC_URL = "https://coverage.example.com";
  await using reachable = await withApp({ AUTH: "none", PUBLIC_URL });
  assert.equal((await reachable.ask("http://upstream", "/coverages-api"))[0], 200);
});
