import assert from "node:assert/strict";
import { testApp } from "./support/app.ts";

Deno.test("answers of the API must not be sniffed, framed or cached", async () => {
  await using test = await testApp();
  for (const path of ["/coverages-api/health", "/coverages-api/compare", "/nothing"]) {
    const response = await test.get(path);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    assert.equal(response.headers.get("cache-control"), "no-store");
    assert.match(response.headers.get("content-security-policy")!, /frame-ancestors 'none'/);
  }
});
