import assert from "node:assert/strict";
import { type Entry, goodReport, tar } from "../support/archive.ts";
import { type TestApp, testApp } from "../support/app.ts";

const ASSETS = "/coverages-api/assets/acme/shop";

async function uploaded(
  test: TestApp,
  entries: Entry[],
  fields: Record<string, string> = {},
): Promise<string> {
  const response = await test.upload(tar(entries), fields);
  assert.equal(response.status, 200);
  return new URL((await response.json()).coverage.report_url).pathname;
}

async function locationOf(test: TestApp, path: string): Promise<string | null> {
  const response = await test.get(path);
  assert.equal(response.status, 302, path);
  return response.headers.get("location");
}

async function textOf(test: TestApp, path: string, status = 200): Promise<string> {
  const response = await test.open(path);
  assert.equal(response.status, status, path);
  return await response.text();
}

Deno.test("a branch's address leads to its report's first page", async () => {
  await using test = await testApp();
  const named = await uploaded(test, goodReport(), { language: "go" });
  const first = await locationOf(test, named);
  assert.equal(await locationOf(test, `${ASSETS}/main/`), first);
  assert.equal(await locationOf(test, `${ASSETS}/main`), first);
  const newer = await uploaded(test, goodReport(), { language: "c#" });
  assert.equal(
    await locationOf(test, `${ASSETS}/main/`),
    await locationOf(test, newer),
    "the newest of any language",
  );
  assert.equal(await locationOf(test, `${ASSETS}/main/go/`), first);
  assert.equal(newer, `${ASSETS}/main/c%23/archive/report/index.html`);
});

Deno.test("a slash in a branch is written _fs_ or %2F", async () => {
  await using test = await testApp();
  await uploaded(test, goodReport(), { branch_name: "feature/a/b" });
  for (const branch of ["feature_fs_a_fs_b", "feature%2Fa%2fb"]) {
    assert.equal(
      await textOf(test, `${ASSETS}/${branch}/archive/report/index.html`),
      "<h1>coverage</h1>",
    );
  }
  const page = (content: string) => goodReport([{ name: "report/index.html", content }]);
  const slash = await uploaded(test, page("slash"), { branch_name: "fe/at" });
  const literal = await uploaded(test, page("literal"), { branch_name: "fe_fs_at" });
  assert.equal(await textOf(test, slash), "slash");
  assert.equal(await textOf(test, literal), "literal", "a name that has _fs_ itself");
  assert.equal(await textOf(test, `${ASSETS}/fe_fs_at/archive/report/index.html`), "slash");
  await uploaded(test, page("typed"), { branch_name: "only_fs_literal" });
  assert.equal(await textOf(test, `${ASSETS}/only_fs_literal/archive/report/index.html`), "typed");
});

Deno.test("the address of a branch with both _fs_ and / means it alone, however it is normalised", async () => {
  await using test = await testApp();
  const page = (content: string) => goodReport([{ name: "report/index.html", content }]);
  const branches = ["a_fs_b/c", "a/b/c", "a_fs/b", "a/fs_b", "a_fs_b_fs_c", "a/_fs/b", "a_fs_fs_b"];
  const addresses = await Promise.all(
    branches.map((branch_name) => uploaded(test, page(branch_name), { branch_name })),
  );
  assert.equal(new Set(addresses).size, branches.length);
  for (const [at, address] of addresses.entries()) {
    assert.equal(await textOf(test, address), branches[at]);
    // A proxy decodes every escape of a character that needs none, and may escape others.
    const decoded = address.replaceAll(/%[0-7]\w/g, decodeURIComponent);
    assert.equal(await textOf(test, decoded), branches[at]);
    assert.equal(await textOf(test, address.replaceAll("~", "%7e")), branches[at]);
  }
});

Deno.test("folders redirect to their slash, serve their index page, or list what they have", async () => {
  await using test = await testApp();
  const odd = Deno.build.os === "windows" ? "a&lt;b.html" : "a&b<c>.html";
  await uploaded(
    test,
    goodReport([
      { name: `report/no index/${odd}`, content: "odd" },
      { name: "report/no index/.dot", content: "hidden" },
    ]),
  );
  const root = (await locationOf(test, `${ASSETS}/main/archive`))!;
  const at = root.slice(0, -1);
  assert.equal(await locationOf(test, at), `./${at.split("/").at(-1)}/`);
  assert.equal(await locationOf(test, `${ASSETS}/main/archive/report/?x=1`), `${root}report/?x=1`);
  assert.equal(await locationOf(test, `${at}/report?x=1`), "./report/?x=1");
  assert.equal(await locationOf(test, `${at}/report/no%20index`), "./no%20index/");
  assert.equal(await textOf(test, `${at}/report/`), "<h1>coverage</h1>");
  assert.equal(await locationOf(test, `${at}/report/index.html/`), "../index.html");
  const listing = await textOf(test, `${at}/report/no%20index/`);
  assert(!listing.includes(odd), "names are escaped");
  assert(listing.includes(".dot"));
  assert((await textOf(test, `${at}/`)).includes("report"));
  const path = `${at}/report/no%20index/${encodeURIComponent(odd)}`;
  assert.equal(await textOf(test, path), "odd");
  assert.equal(await textOf(test, `${at}//report///index.html`), "<h1>coverage</h1>", "as nginx");
});

Deno.test("a report without a first page leads to its listing", async () => {
  await using test = await testApp();
  const [, , coverage] = goodReport();
  const first = await uploaded(test, [coverage!, { name: "a.html" }, { name: "b.html" }]);
  assert.equal(first, `${ASSETS}/main/go/archive/`);
  assert((await textOf(test, first)).includes("a.html"));
});

Deno.test("every answer of a report keeps its script in an origin of its own", async () => {
  await using test = await testApp();
  const named = await uploaded(test, goodReport([{ name: "report/x.js", content: "alert(1)" }]));
  const first = (await locationOf(test, named))!;
  for (
    const path of [first, first.replace("index.html", "x.js"), first.replace("index.html", "")]
  ) {
    const response = await test.get(path);
    const policy = response.headers.get("content-security-policy")!;
    assert.match(policy, /^sandbox allow-scripts/);
    assert.doesNotMatch(policy, /same-origin|forms|modals|downloads|top-navigation/);
    assert.equal(response.headers.get("access-control-allow-origin"), "*");
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    assert.equal(response.headers.get("referrer-policy"), "no-referrer");
  }
  const leading = await test.get(named);
  assert.equal(leading.headers.get("access-control-allow-origin"), null);
  assert.equal(leading.headers.get("cross-origin-resource-policy"), "same-origin");
  assert.equal(leading.headers.get("cross-origin-opener-policy"), "same-origin");
});

Deno.test("a browser is redirected to the report's own address, and to the newest report once it is replaced", async () => {
  await using test = await testApp({ config: { publicUrl: "https://ci.example.com/cov" } });
  const { report_url } = (await (await test.upload(tar(goodReport()))).json()).coverage;
  const named = new URL(report_url).pathname.replace("/cov", "");
  const open = async (path: string) => {
    const response = await test.get(path, { headers: { "sec-fetch-dest": "document" } });
    return response;
  };
  const led = await open(`${named}?x=1`);
  const [row] = await test.sql`select id, report_id from coverages`;
  const own = `/coverages-api/reports/${row!.report_id}/report/index.html`;
  assert.equal(led.status, 302);
  assert.equal(led.headers.get("location"), `https://ci.example.com/cov${own}?x=1`);
  assert.equal(led.headers.get("access-control-allow-origin"), null);
  const ofUpload = named.replace("/archive/", `/${row!.id}/archive/`);
  assert.equal((await open(ofUpload)).headers.get("location"), `https://ci.example.com/cov${own}`);
  for (const [part, other] of [["main", "dev"], ["go", "rust"], [row!.id, "999"]]) {
    const path = ofUpload.replace(`/${part}/`, `/${other}/`);
    assert.equal((await open(path)).status, 404, path);
  }
  const page = await open(own);
  assert.equal(page.status, 200);
  assert.match(page.headers.get("content-security-policy")!, /^sandbox allow-scripts allow-popups/);
  assert.equal(page.headers.get("access-control-allow-origin"), "*");

  await test.upload(tar(goodReport()));
  assert.equal((await open(own)).headers.get("location"), report_url);
  assert.equal((await test.get(own)).status, 404, "a program is told that it is gone");
  assert.equal((await open(ofUpload)).status, 404, "its upload has no report any more");
  const unknown = own.replace(row!.report_id, crypto.randomUUID());
  assert.equal((await open(unknown)).status, 404);
});

Deno.test("files take conditional and range requests and HEAD", async () => {
  await using test = await testApp();
  const named = await uploaded(test, goodReport());
  const path = (await locationOf(test, named))!;
  const first = await test.get(path);
  assert.equal(first.headers.get("cache-control"), "private, max-age=86400, immutable");
  const since = { "if-modified-since": first.headers.get("last-modified")! };
  const same = await test.get(path, { headers: since });
  assert.equal(same.status, 304);
  assert.match(same.headers.get("content-security-policy")!, /^sandbox/);
  const part = await test.get(path, { headers: { range: "bytes=4-11" } });
  assert.equal(part.status, 206);
  assert.equal(await part.text(), "coverage");
  for (const range of ["bytes=0-1,4-5", "bytes=abc", "bytes=9-3", "items=0-1", "bytes=-0"]) {
    const whole = await test.get(path, { headers: { range } });
    assert.equal(whole.status, 200, range);
    assert.equal(await whole.text(), "<h1>coverage</h1>");
  }
  const past = await test.get(path, { headers: { range: "bytes=100-" } });
  assert.equal(past.status, 416);
  assert.match((await past.json()).error, /17 bytes/);
  const head = await test.get(path, { method: "HEAD" });
  assert.equal(head.headers.get("content-length"), "17");
  assert.equal(await head.text(), "");
  const last = await test.get(path, { headers: { range: "bytes=-4" } });
  assert.equal(last.headers.get("content-range"), "bytes 13-16/17");
  assert.equal(await last.text(), "/h1>");
  assert.equal((await test.get(named, { method: "HEAD" })).headers.get("location"), path);
});

Deno.test("only files that cannot name their encoding get a charset", async () => {
  await using test = await testApp();
  const names = ["a.html", "a.xml", "a.svg", "a.css", "a.js", "a.txt", "a.json", "a"];
  await uploaded(test, goodReport(names.map((name) => ({ name, content: "x" }))));
  const types = await Promise.all(names.map(async (name) => {
    const response = await test.open(`${ASSETS}/main/archive/${name}`);
    // RFC 7303, 9.2: two names of one type; the libraries differ.
    return response.headers.get("content-type")?.replace(/^text\/xml/, "application/xml");
  }));
  assert.deepEqual(types, [
    ...["text/html", "application/xml", "image/svg+xml", "text/css", "text/javascript"],
    ...["text/plain; charset=utf-8", "application/json", "application/octet-stream"],
  ]);
});

Deno.test("a page never mixes files of two uploads; an open tab continues in the newest", async () => {
  await using test = await testApp({ config: { publicUrl: "https://ci.example.com" } });
  const named = await uploaded(test, goodReport([{ name: "report/style.css", content: "old" }]));
  const page = new URL((await locationOf(test, named))!).pathname;
  const style = page.replace("index.html", "style.css");
  assert.equal(await textOf(test, style), "old");
  await uploaded(test, goodReport([{ name: "report/style.css", content: "new" }]));
  for (const destination of ["style", "script", "empty", "iframe"]) {
    const part = await test.get(style, { headers: { "sec-fetch-dest": destination } });
    assert.equal(part.status, 404, destination);
  }
  const headers = { "sec-fetch-dest": "document" };
  const on = await test.get(`${page}?x=1`, { headers });
  assert.equal(on.headers.get("location"), `https://ci.example.com${named}?x=1`);
  await test.sql`update coverages set deleted_at = now()`;
  const nowhere = await test.get(named, { headers });
  assert.equal(nowhere.status, 404);
  const shown = await test.get(named, { headers: { accept: "text/html" } });
  assert.match(await shown.text(), /href="\/coverages-ui\/acme\/shop"/, "the way back");
});

Deno.test("an existing report is served without the database", async () => {
  await using test = await testApp();
  const path = (await locationOf(test, await uploaded(test, goodReport())))!;
  await test.sql.end();
  assert.equal(await textOf(test, path), "<h1>coverage</h1>");
  assert.equal(
    (await test.get(`${path}x`, { headers: { "sec-fetch-dest": "document" } })).status,
    404,
  );
});

Deno.test("missing files are 404, malformed paths 400, and neither shows a file of the server", async () => {
  await using test = await testApp();
  await uploaded(test, goodReport());
  const at = (await locationOf(test, `${ASSETS}/main/archive`))!.slice(0, -1);
  const cases: [path: string, status: number][] = [
    [`${at}/nothing`, 404],
    [`${at}/report/index.html/below`, 404],
    [`${at}/${"x".repeat(300)}`, 404],
    [`${at}/${"x/".repeat(3000)}`, 404],
    [`${ASSETS}/nothing/archive/report/index.html`, 404],
    [`${ASSETS}/main/rust/archive/report/index.html`, 404],
    [`${ASSETS}/nothing/`, 404],
    [`/coverages-api/assets/acme/nothing/main/archive/`, 404],
    [`/coverages-api/assets/acme`, 404],
    [`${at}/%zz`, 400],
    [`${at}/%ff`, 400],
    [`${at}/a%00b`, 400],
    [`${at}/..%2f..%2f..%2fetc%2fpasswd`, 400],
    [`${at}/%2e%2e%2f%2e%2e%2f`, 400],
    [`${at}/%2fetc%2fpasswd`, 400],
    [`${ASSETS}/%00/archive/x`, 400],
    [`${ASSETS}/..%2f..%2f/archive/x`, 400],
    [`/coverages-api/assets/%2e%2e%2f/shop/main/archive/x`, 400],
  ];
  for (const [path, status] of cases) {
    const response = await test.get(path);
    assert.equal(response.status, status, path);
    assert.equal(typeof (await response.json()).error, "string", path);
  }
  // Dot segments are gone before the server sees a URL: this is another, unknown path.
  const escape = await test.get(`${at}/../../../../../../etc/passwd`);
  assert.equal(escape.status, 404);
  assert.deepEqual(test.log.filter(({ level }) => level === "error"), []);
});
