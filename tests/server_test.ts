import assert from "node:assert/strict";
import { testApp } from "./support/app.ts";

Deno.test("health says that the server and its database work", async () => {
  await using test = await testApp();
  for (const path of ["/coverages-api/health", "/coverages-api/health/"]) {
    const response = await test.get(path);
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), { success: "ok", database: "ok" });
  }
});

Deno.test("unknown paths are 404, unknown methods 405 with Allow, both JSON", async () => {
  await using test = await testApp();
  const unknown = await test.get("/coverages-api/nothing");
  assert.equal(unknown.status, 404);
  assert.deepEqual(await unknown.json(), { error: "There is nothing at /coverages-api/nothing." });
  const cases: [method: string, path: string, allow: string][] = [
    ["DELETE", "/coverages-api", "POST, GET, HEAD, PUT"],
    ["POST", "/coverages-api/badge", "GET, HEAD"],
    ["OPTIONS", "/coverages-api/health", "GET, HEAD"],
    ["PUT", "/coverages-api/assets/a/b/c/archive/d", "GET, HEAD"],
  ];
  for (const [method, path, allow] of cases) {
    const response = await test.get(path, { method });
    assert.equal(response.status, 405, path);
    assert.equal(response.headers.get("allow"), allow);
    assert.equal(typeof (await response.json()).error, "string");
  }
});

Deno.test("every answer of the API says not to sniff, to frame or to keep it", async () => {
  await using test = await testApp();
  for (const path of ["/coverages-api/health", "/coverages-api/compare", "/nothing"]) {
    const response = await test.get(path);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    assert.equal(response.headers.get("cache-control"), "no-store");
    assert.match(response.headers.get("content-security-policy")!, /frame-ancestors 'none'/);
  }
});

Deno.test("HEAD of a list has the length of GET and no body", async () => {
  await using test = await testApp();
  const response = await test.get("/coverages-api", { method: "HEAD" });
  assert.equal(
    response.headers.get("content-length"),
    String('{"data":{},"has_next":false}'.length),
  );
  assert.equal(await response.text(), "");
});

Deno.test("a request's line in the log has its path, and never its query or credentials", async () => {
  await using test = await testApp();
  await test.get("/coverages-api?keyword=secret", {
    headers: { authorization: "Bearer secret" },
  });
  const [line] = test.log;
  assert.equal(line!.fields.path, "/coverages-api");
  assert.equal(line!.fields.status, 200);
  assert(!JSON.stringify(test.log).includes("secret"));
});
