import assert from "node:assert/strict";
import { goodReport, tar } from "../support/archive.ts";
import type { CoverageRow } from "../../src/model/rows.ts";
import { ownReportPath } from "../../src/model/urls.ts";
import { type TestApp, testApp } from "../support/app.ts";

/** Sends a request, reads the answer, and returns it with its log line. */
async function asked(test: TestApp, path: string, init?: RequestInit) {
  const response = await test.get(path, init);
  const { byteLength } = await response.bytes();
  const id = response.headers.get("x-request-id");
  const lines = test.log.filter(({ fields }) => fields.request === id);
  assert.equal(lines.length, 1, "one line for each request");
  return { response, byteLength, line: lines[0]! };
}

Deno.test("each request is logged in one line, with the size of its answer", async () => {
  await using test = await testApp();
  const upload = await test.upload(tar(goodReport()));
  const { coverage } = await upload.json();
  assert(test.log.some(({ fields }) => fields.request === upload.headers.get("x-request-id")));
  const file = new URL(coverage.report_url).pathname;
  const expected: [path: string, route: string | undefined, status: number, level: string][] = [
    ["/coverages-api?keyword=secret", "/coverages-api", 200, "info"],
    ["/coverages-ui/acme/shop", "/coverages-ui/:org/:repo", 200, "info"],
    [file, "/coverages-api/assets/:org/:repo/:branch/:language/archive{/*}?", 302, "info"],
    [
      "/coverages-api/assets/acme/shop/other",
      "/coverages-api/assets/:org/:repo/:branch",
      404,
      "info",
    ],
    ["/nowhere", undefined, 404, "info"],
    ["/coverages-api/health", "/coverages-api/health", 200, "debug"],
    ["/coverages-api/metrics", "/coverages-api/metrics", 200, "debug"],
  ];
  for (const [path, route, status, level] of expected) {
    const { response, byteLength, line } = await asked(test, path);
    assert.equal(response.status, status, path);
    const { duration_ms, bytes, ...fields } = line.fields;
    assert.equal(bytes, byteLength, path);
    assert.equal(typeof duration_ms, "number");
    assert.deepEqual([line.level, line.message, fields], [level, "request", {
      request: response.headers.get("x-request-id"),
      method: "GET",
      ...(route === undefined ? {} : { route }),
      path: path.split("?")[0],
      status,
      client: "unknown",
    }]);
  }
  assert(!JSON.stringify(test.log).includes("secret"), "a query may hold secrets");
});

Deno.test("the line is written after the answer was sent, and counts the script in a page", async () => {
  await using test = await testApp();
  await test.upload(tar(goodReport()));
  const [row] = await test.sql`select report_id, report_index from coverages`;
  const page = ownReportPath(row as Pick<CoverageRow, "report_id" | "report_index">);
  const sent = Promise.withResolvers<void>();
  const response = await test.app(
    new Request(`http://coverage.test${page}`, { headers: { "sec-fetch-dest": "document" } }),
    {
      remoteAddr: { transport: "tcp", hostname: "192.0.2.7", port: 1 },
      completed: sent.promise,
    },
  );
  const before = test.log.length;
  const { byteLength } = await response.bytes();
  assert.equal(test.log.length, before, "nothing is logged before the answer was sent");
  sent.resolve();
  await sent.promise;
  assert(byteLength > "<h1>coverage</h1>".length);
  const { bytes, client } = test.log.at(-1)!.fields;
  assert.deepEqual([bytes, client], [byteLength, "192.0.2.7"]);
});

Deno.test("HEAD logs 0 bytes, and a proxy's well-formed request id is used", async () => {
  await using test = await testApp();
  const head = await asked(test, "/coverages-api", {
    method: "HEAD",
    headers: { "x-request-id": "proxy-17.a:b" },
  });
  assert.equal(head.response.headers.get("x-request-id"), "proxy-17.a:b");
  assert.equal(head.line.fields.bytes, 0);
  for (const given of ["a b", "é", "x".repeat(129), '"', "a,b"]) {
    const { response } = await asked(test, "/coverages-api", {
      headers: { "x-request-id": given },
    });
    assert.match(response.headers.get("x-request-id")!, /^[0-9a-f-]{36}$/, given);
  }
});
