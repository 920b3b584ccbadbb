import assert from "node:assert/strict";
import { goodReport, tar } from "../support/archive.ts";
import { type TestApp, testApp } from "../support/app.ts";

const config = { publicUrl: "https://cov.example.com", reportsUrl: "https://reports.example.com" };

/** A server with a report, and what the two names answer. */
async function twoNames() {
  const test = await testApp({ config });
  const { coverage } = await (await test.upload(tar(goodReport()))).json();
  const [row] = await test.sql`select report_id from coverages`;
  const own = `/coverages-api/reports/${row!.report_id}/report/index.html`;
  const ask = async (address: string, headers: Record<string, string> = {}) => {
    const response = await test.app(new Request(address, { headers }));
    return { response, text: await response.text(), to: response.headers.get("location") };
  };
  const named = new URL(coverage.report_url).pathname;
  return Object.assign(test as TestApp, { ask, named, own, report_url: coverage.report_url });
}

Deno.test("under REPORTS_URL there are reports, without the sandbox, and nothing else", async () => {
  await using test = await twoNames();
  for (const origin of [config.reportsUrl, `${config.reportsUrl}:8443`]) {
    const { response, text } = await test.ask(origin + test.own, { "sec-fetch-dest": "document" });
    assert.equal(response.status, 200);
    assert.equal(text, "<h1>coverage</h1>", "no script is added");
    const policy = response.headers.get("content-security-policy")!;
    assert.match(policy, /frame-ancestors 'self' https:\/\/cov\.example\.com$/);
    assert.doesNotMatch(policy, /sandbox/);
    for (const name of ["access-control-allow-origin", "service-worker-allowed", "set-cookie"]) {
      assert.equal(response.headers.get(name), null, name);
    }
    assert.equal(response.headers.get("cross-origin-opener-policy"), "same-origin");
  }
  const others = [
    ...["/", "/coverages-ui", "/coverages-ui/acme/shop", "/coverages-ui/style.css", test.named],
    ...["/coverages-api", "/coverages-api/badge", "/coverages-api/health", "/coverages-api/docs"],
  ];
  for (const path of others) {
    const { response, text } = await test.ask(config.reportsUrl + path, { accept: "text/html" });
    assert.equal(response.status, 404, path);
    assert.deepEqual(JSON.parse(text), { error: "There are only reports under this name." });
  }
  const upload = await test.app(
    new Request(`${config.reportsUrl}/coverages-api`, { method: "POST", body: "x" }),
  );
  assert.equal(upload.status, 404);
});

Deno.test("PUBLIC_URL redirects to REPORTS_URL, and the way back from a report that is gone", async () => {
  await using test = await twoNames();
  const at = (base: string) => `${base}${test.own}`;
  assert.equal((await test.ask(`${at(config.publicUrl)}?x=1`)).to, `${at(config.reportsUrl)}?x=1`);
  assert.equal((await test.ask(config.publicUrl + test.named)).to, at(config.reportsUrl));
  const framed = await test.ask(config.publicUrl + test.named, { "sec-fetch-dest": "iframe" });
  assert.equal(framed.response.status, 403, "a report could frame another one by its name");
  const worker = await test.ask(at(config.reportsUrl), { "service-worker": "script" });
  assert.equal(worker.response.status, 403, "it would list the addresses of other reports");

  await test.upload(tar(goodReport()));
  const tab = { "sec-fetch-dest": "document" };
  const frame = { "sec-fetch-dest": "iframe", accept: "text/html" };
  assert.equal((await test.ask(at(config.reportsUrl), tab)).to, at(config.publicUrl));
  assert.equal((await test.ask(at(config.publicUrl), tab)).to, test.report_url);
  assert.equal((await test.ask(at(config.reportsUrl), frame)).to, at(config.publicUrl));
  const page = await test.ask(at(config.publicUrl), frame);
  assert.equal(page.response.status, 404);
  assert.match(page.text, /replaced.*href="\/coverages-ui\/acme\/shop" target="_top"/);
  assert.match(page.response.headers.get("content-security-policy")!, /frame-ancestors 'self'/);
});
