import assert from "node:assert/strict";
import { Validator } from "@seriousme/openapi-schema-validator";
import { createCredentialCheck } from "../../src/auth/authenticate.ts";
import { readConfig } from "../../src/config.ts";
import { routesOf } from "../../src/server.ts";
import { version } from "../../src/version.ts";
import { type TestApp, testApp } from "../support/app.ts";
import type { Document } from "./contract.ts";

async function documentOf(test: TestApp): Promise<Document> {
  return await (await test.get("/coverages-api/openapi.json")).json();
}

Deno.test("the document is valid OpenAPI 3.1, and describes every route of the API once", async () => {
  await using test = await testApp();
  const document = await documentOf(test);
  const validator = new Validator();
  assert.deepEqual(await validator.validate({ ...document }), { valid: true });
  assert.equal(validator.version, "3.1");
  assert.equal(document.info.version, version);

  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => ({
      route: `${method.toUpperCase()} ${path}`,
      operationId,
    }))
  );
  const routes = Object.keys(routesOf(test.dependencies, createCredentialCheck(test.dependencies)))
    .filter((route) => route.includes(" /coverages-api"))
    .map((route) => route.replace("{/*}?", "/{path}").replaceAll(/:(\w+)(\([^)]*\))?/g, "{$1}"));
  assert.deepEqual(operations.map(({ route }) => route).sort(), routes.sort());
  assert.equal(new Set(operations.map(({ operationId }) => operationId)).size, routes.length);
});

Deno.test("the document has the server's address and the credentials it accepts", async () => {
  const cases: [Record<string, string>, { names: string[]; open: boolean; url?: string }][] = [
    [{}, { names: ["github"], open: true }],
    [{ AUTH: "none" }, { names: [], open: true }],
    [{ AUTH: "github" }, { names: ["github"], open: false }],
    [
      { AUTH: "oidc,github", UPLOAD_ACCOUNTS: "*", PUBLIC_URL: "https://coverage.test/below/" },
      { names: ["oidc", "github"], open: false, url: "https://coverage.test/below" },
    ],
  ];
  for (const [environment, { names, open, url = "http://coverage.test" }] of cases) {
    const { auth, publicUrl } = readConfig(environment);
    await using test = await testApp({ config: { auth, publicUrl } });
    const { paths, components, servers } = await documentOf(test);
    assert.deepEqual(Object.keys(components.securitySchemes!), names);
    const security = [...names.map((name) => ({ [name]: [] })), ...(open ? [{}] : [])];
    const { post, put, get } = paths["/coverages-api"]!;
    assert.deepEqual([post!.security, put!.security, get!.security], [
      security,
      security,
      undefined,
    ]);
    assert.deepEqual(servers, [{ url }]);
  }
});
