import assert from "node:assert/strict";
import { goodReport, tar } from "../support/archive.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { seed, seedBranches } from "../support/seed.ts";

async function page(test: TestApp, path: string, status = 200): Promise<string> {
  const response = await test.get(path);
  assert.equal(response.status, status, path);
  assert.equal(response.headers.get("content-type"), "text/html; charset=utf-8");
  return await response.text();
}

async function locationOf(test: TestApp, path: string): Promise<string | null> {
  const response = await test.get(path);
  assert.equal(response.status, 302, path);
  return response.headers.get("location");
}

/** What the links of a page lead to. */
function links(html: string): string[] {
  return [...html.matchAll(/<a [^>]*?href="([^"]*)"/g)].map(([, href]) =>
    href!.replaceAll("&amp;", "&")
  );
}

Deno.test("/ redirects to all repositories, an organisation's address to its own", async () => {
  await using test = await testApp();
  assert.equal(await locationOf(test, "/"), "/coverages-ui");
  assert.equal(await locationOf(test, "/coverages-ui/acme"), "/coverages-ui?org=acme");
  // What the Action of the ancestor links to: `<api_host>/../coverages-ui/{org}/{repo}`.
  await seed(test.sql);
  assert.match(await page(test, "/coverages-api/../coverages-ui/acme/shop"), /<h1 id="name">shop</);
  assert.match(await page(test, "/coverages-ui/ACME/Shop/"), /<h1 id="name">shop</);
});

Deno.test("the empty home page shows a command that works", async () => {
  await using test = await testApp();
  const html = (await page(test, "/coverages-ui")).replaceAll("&amp;", "&").replaceAll(
    "&quot;",
    '"',
  );
  const [, command] = /id="first-report"[^>]*>([^]*?)<\/pre>/.exec(html)!;
  const url = new URL(/"(http[^"]+)"/.exec(command!)![1]!);
  const form = new FormData();
  form.set("file", new Blob([tar(goodReport())]), "coverage.tar.gz");
  const answer = await test.get(url.pathname + url.search, { method: "POST", body: form });
  assert.equal((await answer.json()).coverage.percentage, 75);
});

Deno.test("the list shows each repository's percentage, change, trend, languages and report", async () => {
  await using test = await testApp();
  await seed(test.sql, { percentage: 41.5 });
  await seed(test.sql, { percentage: 41.2 });
  await seed(test.sql, { branch_name: "feature/a", percentage: 99 });
  const html = await page(test, "/coverages-ui");
  assert.match(html, /acme\/<strong>shop<\/strong>/);
  assert.match(html, /41\.20%/);
  assert.doesNotMatch(html, /99\.00%/);
  assert.match(html, /change down[^>]*>−0\.30/);
  assert.match(html, /Last 2 uploads: from 41\.50% to 41\.20%/);
  assert.match(html, /<time datetime="(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)" title="\1">/);
  assert(links(html).includes("/coverages-ui/acme/shop/uploads/2/report/index.html"));
});

Deno.test("the list can be searched, sorted and paged, and says when nothing matches", async () => {
  await using test = await testApp();
  for (let index = 1; index <= 21; index++) {
    await seed(test.sql, { repo_name: `r${String(index).padStart(2, "0")}`, percentage: index });
  }
  await seed(test.sql, { org_name: "Other", repo_name: "thing", percentage: 50 });
  const names = async (query: string) =>
    [...(await page(test, `/coverages-ui${query}`)).matchAll(/(\w+)\/<strong>(\w+)</g)]
      .map(([, org, repo]) => `${org}/${repo}`);
  assert.equal((await names("")).length, 20);
  assert.deepEqual(await names("?p=2"), ["acme/r02", "acme/r01"]);
  assert.deepEqual((await names("?order=asc")).slice(0, 2), ["acme/r01", "acme/r02"]);
  assert.deepEqual((await names("?sort=name&order=desc")).slice(0, 2), ["Other/thing", "acme/r21"]);
  assert.deepEqual((await names("?sort=coverage")).slice(0, 2), ["Other/thing", "acme/r21"]);
  assert.deepEqual((await names("?sort=coverage&order=asc")).slice(0, 2), ["acme/r01", "acme/r02"]);
  assert.deepEqual(await names("?p=0&order=asc"), await names("?order=asc"));
  assert.deepEqual(await names("?q=oTHER/th"), ["Other/thing"]);
  assert.deepEqual(await names("?keyword=oTHER/th"), ["Other/thing"]);
  assert.deepEqual(await names("?q=other&keyword=acme"), ["Other/thing"]);
  assert.deepEqual(await names("?org=other"), ["Other/thing"]);
  assert.match(await page(test, "/coverages-ui?org=oth"), /No uploads for oth yet/);
  assert.deepEqual(await names("?q=%25"), []);
  assert.match(
    await page(test, "/coverages-ui?q=nothing"),
    /No repositories match “nothing”/,
  );
  assert.match(await page(test, "/coverages-ui?p=9"), /No more repositories/);
  const next = links(await page(test, "/coverages-ui?sort=name&q=r"))
    .find((link) => link.includes("p=2"));
  assert.equal(next, "/coverages-ui?q=r&sort=name&p=2");
});

Deno.test("an invalid query parameter gets a 422 with the allowed values", async () => {
  await using test = await testApp();
  await seed(test.sql);
  const cases: [path: string, sentence: RegExp][] = [
    ["/coverages-ui?p=x", /p is &quot;x&quot;; it must be a whole number/],
    ["/coverages-ui?sort=size", /sort is &quot;size&quot;; it must be newest, name or coverage/],
    ["/coverages-ui?order=up", /order is .* asc or desc/],
    ["/coverages-ui?q=%00", /q is .* must not contain a NUL/],
    [`/coverages-ui?q=${"x".repeat(202)}`, /at most 201 characters/],
    ["/coverages-ui/acme/shop?history=x", /history is .* whole number/],
    ["/coverages-ui/acme/shop?branches=-", /branches is .* whole number/],
    ["/coverages-ui/acme/shop?branch=a..b", /branch is .* git check-ref-format/],
    [
      `/coverages-ui/acme/shop?${"abcdefg".replaceAll(/./g, "branch=$&&")}`,
      /must name at most 6 branches/,
    ],
    ["/coverages-ui/acme/user/ada?p=1.5", /p is .* whole number/],
  ];
  for (const [path, sentence] of cases) assert.match(await page(test, path, 422), sentence);
  assert.match(await page(test, "/coverages-ui/%ff/shop", 400), /malformed escape/);
  assert.match(await page(test, "/coverages-ui/a%2Fb/shop", 400), /names no file/);
});

Deno.test("a repository's page compares branches with the main one, in the same language", async () => {
  await using test = await testApp();
  await seed(test.sql, { percentage: 50 });
  await seed(test.sql, { percentage: 80, language: "python" });
  await seed(test.sql, { branch_name: "feature/a", percentage: 52.25 });
  await seed(test.sql, { branch_name: "feature/a", percentage: 70, language: "python" });
  await seed(test.sql, { branch_name: "feature/b", percentage: 10, language: "c" });
  const html = await page(test, "/coverages-ui/acme/shop");
  const table = html.slice(html.indexOf('id="branches"'), html.indexOf('<section id="history"'));
  const rows = table.split("<tr").slice(2).map((row) =>
    row.replaceAll(/<time.*?<\/time>/g, "TIME").replaceAll(/<[^>]*>|^[^>]*>/g, " ").replaceAll(
      /\s+/g,
      " ",
    ).trim()
  );
  assert.deepEqual(rows, [
    "main main branch go · 01234567 · ada · TIME · Report 50.00%",
    "main main branch python · 01234567 · ada · TIME · Report 80.00%",
    "feature/b c · 01234567 · ada · TIME · Report 10.00%",
    "feature/a python · 01234567 · ada · TIME · Report 70.00% −10.00",
    "feature/a go · 01234567 · ada · TIME · Report 52.25% +2.25",
  ]);
});

Deno.test("a repository's history has every upload, with its change against the one before", async () => {
  await using test = await testApp();
  for (const percentage of [50, 60, 55.5]) await seed(test.sql, { percentage });
  await seed(test.sql, { branch_name: "gone", percentage: 20 });
  await test.sync("main");
  const html = await page(test, "/coverages-ui/acme/shop");
  const [branches, history] = html.slice(html.indexOf('id="branches"')).split('id="history"');
  assert.match(branches!, /main branch[^]*Report<\/a>[^]*gone[^]*deleted/);
  const changes = [...history!.matchAll(/(\d+\.\d\d)%|[−+](\d+\.\d\d)|superseded/g)].map(([it]) =>
    it
  );
  assert.deepEqual(changes.slice(0, 8), [
    ...["20.00%", "55.50%", "−4.50", "superseded", "60.00%", "+10.00", "superseded", "50.00%"],
  ]);
});

Deno.test("the chart does not depend on the page of a table, and its limit counts branches", async () => {
  await using test = await testApp();
  for (const branch_name of ["main", "a", "b", "c", "d", "e"]) {
    for (const language of ["go", "c"]) await seed(test.sql, { branch_name, language });
  }
  const chart = (html: string) => /<ul class="first-uploads">[^]*?<\/ul>/.exec(html)![0];
  const first = await page(test, "/coverages-ui/acme/shop");
  assert.equal(chart(await page(test, "/coverages-ui/acme/shop?branches=9")), chart(first));
  const chosen = await page(
    test,
    `/coverages-ui/acme/shop?${
      ["main", "a", "b", "c", "d", "e"].map((name) => `branch=${name}`).join("&")
    }`,
  );
  assert.equal(chosen.match(/<input type="checkbox"[^>]* checked/g)?.length, 6);
  assert.equal(chart(chosen).match(/<li/g)!.length, 12);
  await seed(test.sql, { language: "go" });
  const [, points] = /<svg class="wide[^]*?>([^]*?)<\/svg>/.exec(
    await page(test, "/coverages-ui/acme/shop"),
  )!;
  assert(links(points!).includes("/coverages-ui/acme/shop/uploads/13"), "points link to uploads");
});

Deno.test("a page of branches has the main branch first, and every other is on one page", async () => {
  await using test = await testApp();
  await seed(test.sql);
  await seedBranches(test.sql, 120, { prefix: "feature/" });
  const seen: string[] = [];
  for (let next: string | undefined = "/coverages-ui/acme/shop"; next;) {
    const html = await page(test, next);
    const table = html.slice(html.indexOf('id="branches"'), html.indexOf('<section id="history"'));
    const names = [...table.matchAll(/<th[^>]*><a[^>]*><bdi>([^<]+)/g)].map(([, name]) => name!);
    assert.equal(names.shift(), "main");
    seen.push(...names);
    next = links(table.match(/<a[^>]*rel="next"[^>]*>/)?.[0] ?? "")[0];
  }
  assert.equal(seen.length, 120);
  assert.equal(new Set(seen).size, 120);
});

Deno.test("pull requests, tags and merge queues are not in the chart, and behind a link", async () => {
  await using test = await testApp();
  await seed(test.sql, { branch_name: "fix" });
  assert.doesNotMatch(await page(test, "/coverages-ui/acme/shop"), /Pull requests, tags/);
  const refs = ["pull/7/head", "refs/tags/v1", "gh-readonly-queue/main/pr-7-0a1b"];
  for (const branch_name of refs) await seed(test.sql, { branch_name });
  const sections = async (query: string) => {
    const html = await page(test, `/coverages-ui/acme/shop${query}`);
    const [, trend, branches] = html.split(/<section id=/);
    return { html, trend: trend!, branches: branches!.split('id="branches-results"').at(-1)! };
  };
  const first = await sections("");
  for (const ref of refs) assert(!first.trend.includes(ref) && !first.branches.includes(ref), ref);
  const link = links(first.html).find((href) => href.includes("refs=1"));
  assert.equal(link, "/coverages-ui/acme/shop?refs=1#branches");
  const second = await sections("?refs=1");
  for (const ref of refs) assert(!second.trend.includes(ref) && second.branches.includes(ref), ref);
  assert(links(second.html).includes("/coverages-ui/acme/shop#branches"));
});

Deno.test("an author's change is against the previous upload, however old", async () => {
  await using test = await testApp();
  await seed(test.sql, { branch_name: "old", percentage: 50, commit_author: "grace" });
  await seedBranches(test.sql, 600, { author: "robot" });
  await seed(test.sql, { branch_name: "old", percentage: 61.5, commit_author: "ada" });
  const html = await page(test, "/coverages-ui/acme/shop");
  assert.match(html, /Coverage by author <small>in the last 500 uploads/);
  assert.match(html, /title="ada"[^]*?61\.50%[^]*?\+11\.50/);
});

Deno.test("pages of a repository without active branches and of one with a single upload", async () => {
  await using test = await testApp();
  await seed(test.sql, { branch_name: "gone" });
  const one = await page(test, "/coverages-ui/acme/shop");
  assert.match(one, /The chart appears after the next upload/);
  assert.doesNotMatch(one, /NaN|undefined|Infinity/);
  await test.sync("main");
  const none = await page(test, "/coverages-ui/acme/shop");
  assert.match(none, /No active branch/);
  assert.doesNotMatch(none, /NaN|undefined|Infinity/);
  assert.match(await page(test, "/coverages-ui"), /no active branch/);
});

Deno.test("links begin with GITHUB_URL and PUBLIC_URL", async () => {
  await using test = await testApp({
    config: {
      codeHost: { kind: "gitlab", url: "https://git.example.com" },
      publicUrl: "https://tools.example.com/coverage",
    },
  });
  await seed(test.sql, { branch_name: "fix/#1", commit_author: "renovate[bot]" });
  const html = await page(test, "/coverages-ui/acme/shop");
  const all = links(html);
  for (
    const link of [
      "https://git.example.com/acme/shop",
      "https://git.example.com/acme/shop/-/tree/fix/%231",
      "https://git.example.com/acme/shop/-/commit/0123456789",
      "/coverage/coverages-ui/acme/user/renovate%5Bbot%5D",
      "/coverage/coverages-ui/acme/shop/uploads/1/report/index.html",
    ]
  ) assert(all.includes(link), `${link} is not among ${all}`);
  assert.match(html, /On GitLab/);
  assert.doesNotMatch(html, /GitHub/);
  assert.match(html, /value="https:\/\/tools\.example\.com\/coverage\/coverages-api\/badge\?/);
  assert.match(html, /\]\(https:\/\/tools\.example\.com\/coverage\/coverages-ui\/acme\/shop\)/);
  assert.match(html, /<img src="\/coverage\/coverages-api\/badge\?/);
  assert.equal(await locationOf(test, "/"), "/coverage/coverages-ui");
});

Deno.test("an author's page has the uploads in that organisation, and no others", async () => {
  await using test = await testApp();
  await seed(test.sql, { commit_author: "a/b c" });
  await seed(test.sql, { commit_author: "a/b c", repo_name: "bank", percentage: 71 });
  await seed(test.sql, { commit_author: "a/b c", org_name: "other", percentage: 72 });
  await seed(test.sql, { commit_author: "b", percentage: 73 });
  for (const name of ["a%2Fb%20c", "a/b%20c", "a%2Fb%20c/"]) {
    const html = await page(test, `/coverages-ui/Acme/user/${name}`);
    assert.match(html, /<bdi>a\/b c<\/bdi>/);
    assert.match(html, /71\.00%/);
    assert.doesNotMatch(html, /7[23]\.00%/);
  }
  const missing = await page(test, "/coverages-ui/acme/user/nobody", 404);
  assert.match(missing, /No uploads by nobody in acme yet/);
});

Deno.test("errors are pages for people and JSON for programs", async () => {
  await using test = await testApp();
  assert.match(
    await page(test, "/coverages-ui/acme/shop", 404),
    /No uploads for acme\/shop yet/,
  );
  assert.match(await page(test, "/coverages-ui/a/b/c", 404), /<h1>Not found<\/h1>/);
  const browser = { headers: { accept: "text/html,application/xhtml+xml,*/*;q=0.8" } };
  for (const path of ["/nothing", "/coverages-api/assets/acme/shop/main/"]) {
    const asBrowser = await test.get(path, browser);
    assert.equal(asBrowser.status, 404);
    assert.match(await asBrowser.text(), /<h1>Not found<\/h1>/);
    assert.equal(asBrowser.headers.get("cache-control"), "no-store");
    const asProgram = await test.get(path, { headers: { accept: "*/*" } });
    assert.equal(asProgram.status, 404);
    assert.deepEqual(Object.keys(await asProgram.json()), ["error"]);
  }
  const upload = await test.get("/coverages-api", { method: "POST", ...browser });
  assert.equal(upload.status, 422);
  assert.deepEqual(Object.keys(await upload.json()), ["error"]);
  const post = await test.get("/coverages-ui", { method: "POST" });
  assert.equal(post.status, 405);
  assert.equal(post.headers.get("allow"), "GET, HEAD");
});

Deno.test("an error page shows only the request id", async () => {
  await using test = await testApp();
  // Without its comment, the next test makes the schema again.
  await test.sql.unsafe(
    "comment on schema public is null; alter table repositories rename column languages to mended",
  );
  const html = await page(test, "/coverages-ui", 500);
  const [failure] = test.log.filter(({ level }) => level === "error");
  assert.match(html, new RegExp(`failed to answer request ${failure!.fields.request}`));
  assert.doesNotMatch(html, /languages|column/);
});

Deno.test("pages load only their own files and cannot be framed by others", async () => {
  await using test = await testApp();
  await seed(test.sql);
  const paths: [path: string, ancestors: string][] = [
    ["/coverages-ui", "'none'"],
    ["/coverages-ui/acme/shop", "'none'"],
    ["/coverages-ui/acme/shop/uploads/1/report/index.html", "'none'; frame-src 'self'"],
    ["/coverages-ui/no/thing", "'self'"], // an error in the frame of a report
  ];
  for (const [path, ancestors] of paths) {
    const response = await test.get(path);
    const html = await response.text();
    assert.equal(
      response.headers.get("content-security-policy"),
      "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; " +
        "form-action 'self'; base-uri 'none'; frame-ancestors " + ancestors,
    );
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    assert.equal(response.headers.get("referrer-policy"), "same-origin");
    assert.doesNotMatch(html, / style="|<style|<script>| on[a-z]+="/);
    const files = [...html.matchAll(/(?:src|href)="(\/coverages-ui\/[a-z]+-[0-9a-f]{16}\.\w+)"/g)];
    assert(files.length >= 3, path);
    for (const [, file] of files) {
      const asset = await test.get(file!);
      assert.equal(asset.status, 200, file!);
      assert.match(asset.headers.get("cache-control")!, /immutable/);
      assert.doesNotMatch(await asset.text(), /url\("?data:/);
    }
    const head = await test.get(path, { method: "HEAD" });
    assert.equal(head.headers.get("content-length"), String(new TextEncoder().encode(html).length));
  }
});

Deno.test("names are escaped on every page", async () => {
  await using test = await testApp();
  const name = "<script>alert('&\"')</script>";
  await seed(test.sql, { branch_name: name, commit_author: name });
  for (
    const path of [
      "/coverages-ui",
      "/coverages-ui/acme/shop",
      `/coverages-ui/acme/user/${encodeURIComponent(name)}`,
      `/coverages-ui/acme/user/${encodeURIComponent(`${name}2`)}`,
      `/coverages-ui?q=${encodeURIComponent(name)}`,
    ]
  ) {
    const html = await (await test.get(path)).text();
    assert.doesNotMatch(html, /<script>/, path);
    assert.match(html, /&lt;script&gt;alert\('&amp;&quot;'\)&lt;\/script&gt;|alert\(/, path);
  }
});
