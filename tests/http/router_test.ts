import assert from "node:assert/strict";
import { HttpError } from "../../src/errors.ts";
import { createRouter } from "../../src/http/router.ts";

const match = createRouter({
  "GET /a": ["open", () => new Response("get a")],
  "PUT /a": ["upload", () => new Response("put a")],
  "GET /a/:name/x{/*}?": ["open", (_, { params }) => Response.json(params)],
  "GET /a/:name/:other": ["open", () => new Response("other")],
});

async function ask(method: string, path: string): Promise<string> {
  const url = new URL(path, "http://test");
  const { handler, params } = match(method, url);
  const context = { url, params, requestId: "1", direct: false, client: "1.2.3.4" };
  return await (await handler(new Request(url, { method }), context)).text();
}

Deno.test("createRouter matches path and method, HEAD as GET, and a trailing slash", async () => {
  assert.equal(await ask("GET", "/a"), "get a");
  assert.equal(await ask("HEAD", "/a/"), "get a");
  assert.equal(await ask("PUT", "/a"), "put a");
});

Deno.test("createRouter returns raw path segments, and the first match wins", async () => {
  assert.deepEqual(JSON.parse(await ask("GET", "/a/b%2Fc/x/d/e%20f")), {
    name: "b%2Fc",
    "0": "d/e%20f",
  });
  assert.equal(JSON.parse(await ask("GET", "/a/b/x")).name, "b");
  assert.equal(await ask("GET", "/a/b/y"), "other");
});

Deno.test("createRouter throws 404 for an unknown path and 405 with Allow for an unknown method", async () => {
  await assert.rejects(
    ask("GET", "/b"),
    (error) => error instanceof HttpError && error.status === 404,
  );
  await assert.rejects(ask("DELETE", "/a"), (error) => {
    assert(error instanceof HttpError);
    assert.equal(error.status, 405);
    assert.deepEqual(error.headers, { allow: "GET, HEAD, PUT" });
    return true;
  });
});
