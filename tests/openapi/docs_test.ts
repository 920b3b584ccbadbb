import assert from "node:assert/strict";
import { testApp } from "../support/app.ts";

const PATH = "/coverages-api/docs";

function filesOf(page: string): string[] {
  return [...page.matchAll(/(?:href|src)="([^"]*\/docs\/[^"]+)"/g)].map(([, address]) => address!);
}

Deno.test("behind a proxy's path, the API page loads its files below that path", async () => {
  await using test = await testApp({ config: { publicUrl: "https://coverage.test/below" } });
  const page = await (await test.get(PATH)).text();
  for (const address of filesOf(page)) assert.match(address, /^\/below\/coverages-api\/docs\//);
  assert.match(page, /data-document="\/below\/coverages-api\/openapi\.json"/);
  assert.match(page, /href="\/below\/coverages-ui">/);
});
