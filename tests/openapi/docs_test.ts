import assert from "node:assert/strict";
import { testApp } from "../support/app.ts";

const PATH = "/coverages-api/docs";

function filesOf(page: string): string[] {
  return [...page.matchAll(/(?:href|src)="([^"]*\/docs\/[^"]+)"/g)].map(([, address]) => address!);
}

Deno.test("the API page loads only files of this server, and browsers cache them", async () => {
  await using test = await testApp();
  const response = await test.get(PATH);
  assert.equal(response.headers.get("content-type"), "text/html; charset=utf-8");
  const policy = response.headers.get("content-security-policy")!;
  assert.match(policy, /^default-src 'none'; /);
  assert(!/unsafe|https?:|\*/.test(policy), policy);
  assert.match(policy, /frame-ancestors 'none'/);
  const files = filesOf(await response.text());
  assert.equal(files.length, 4);
  for (const address of files) {
    const file = await test.get(address);
    assert.equal(file.status, 200, address);
    const type = address.endsWith(".js") ? "text/javascript" : "text/css";
    assert.equal(file.headers.get("content-type"), `${type}; charset=utf-8`);
    assert.match(file.headers.get("cache-control")!, /immutable/);
    assert.equal(file.headers.get("x-content-type-options"), "nosniff");
    const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
    assert(address.includes(`-${new Uint8Array(digest).toHex().slice(0, 16)}.`), address);
  }
  for (const name of ["docs.js", "nothing", "%2e%2e%2fdeno.json"]) {
    const missing = await test.get(`${PATH}/${name}`);
    assert.equal(missing.status, name.includes("%") ? 400 : 404);
  }
});

Deno.test("behind a proxy's path, the API page loads its files below that path", async () => {
  await using test = await testApp({ config: { publicUrl: "https://coverage.test/below" } });
  const page = await (await test.get(PATH)).text();
  for (const address of filesOf(page)) assert.match(address, /^\/below\/coverages-api\/docs\//);
  assert.match(page, /data-document="\/below\/coverages-api\/openapi\.json"/);
  assert.match(page, /href="\/below\/coverages-ui">/);
});
