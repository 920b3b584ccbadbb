import assert from "node:assert/strict";
import { Validator } from "@seriousme/openapi-schema-validator";
import { routesOf } from "../../src/server.ts";
import { readConfig } from "../../src/config.ts";
import { templateOf } from "../../src/openapi/document.ts";
import { version } from "../../src/version.ts";
import { type TestApp, testApp } from "../support/app.ts";
import type { Document } from "./contract.ts";

async function documentOf(test: TestApp): Promise<Document> {
  const response = await test.get("/coverages-api/openapi.json");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/json");
  return await response.json();
}

Deno.test("the document is one of OpenAPI 3.1", async () => {
  await using test = await testApp();
  const document = await documentOf(test);
  const validator = new Validator();
  assert.deepEqual(await validator.validate({ ...document }), { valid: true });
  assert.equal(validator.version, "3.1");
  assert.equal(document.info.version, version);
  const { info: _, ...broken } = document;
  assert.equal((await new Validator().validate(broken)).valid, false);
});

Deno.test("the document has every route of the API, and no other", async () => {
  await using test = await testApp();
  const { paths } = await documentOf(test);
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)
  );
  const routes = Object.keys(routesOf(test.dependencies))
    .map((route) => route.split(" ") as [string, string])
    .filter(([, path]) => path.startsWith("/coverages-api"))
    .map(([method, path]) => `${method} ${templateOf(path)}`);
  assert.deepEqual(described.sort(), routes.sort());
});

Deno.test("what the document refers to is there, and names are given once", async () => {
  await using test = await testApp();
  const document = await documentOf(test);
  const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g);
  const names = new Set([...references].map(([, name]) => name));
  assert.deepEqual([...names].sort(), Object.keys(document.components.schemas).sort());
  const ids = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId)
  );
  assert.equal(new Set(ids).size, ids.length);
});

Deno.test("the document says where the server is, and which credentials it takes", async () => {
  const cases: [Record<string, string>, { names: string[]; open: boolean; url?: string }][] = [
    [{}, { names: ["github"], open: true }],
    [{ AUTH: "none" }, { names: [], open: true }],
    [{ AUTH: "github" }, { names: ["github"], open: false }],
    [
      { AUTH: "oidc,github", PUBLIC_URL: "https://coverage.test/below/" },
      { names: ["oidc", "github"], open: false, url: "https://coverage.test/below" },
    ],
  ];
  for (const [environment, { names, open, url = "http://coverage.test" }] of cases) {
    const { auth, publicUrl } = readConfig(environment);
    await using test = await testApp({ config: { auth, publicUrl } });
    const { paths, components, servers } = await documentOf(test);
    assert.deepEqual(Object.keys(components.securitySchemes), names);
    const security = [...names.map((name) => ({ [name]: [] })), ...(open ? [{}] : [])];
    assert.deepEqual(paths["/coverages-api"]!.post!.security, security);
    assert.deepEqual(paths["/coverages-api"]!.put!.security, security);
    assert.equal(paths["/coverages-api"]!.get!.security, undefined);
    assert.deepEqual(servers, [{ url }]);
  }
});
