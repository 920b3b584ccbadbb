import assert from "node:assert/strict";
import { createCredentialCheck } from "../../src/auth/authenticate.ts";
import { newToken } from "../../src/cli/token_command.ts";
import { createSessions, nowSeconds } from "../../src/auth/session.ts";
import { routesOf } from "../../src/server.ts";
import { type AppOptions, type TestApp, testApp } from "../support/app.ts";
import { startGitHub } from "../support/github.ts";
import { startIssuer } from "../support/oidc.ts";
import { readArchiveFile } from "../support/test_data.ts";
import { loginConfig, SECRET } from "../support/visitor.ts";

const archive = await readArchiveFile("go_coverage.tar.gz");
const uploads = newToken("*");
const PERSON = { accept: "text/html" };
const ISSUER = { LOGIN_ISSUER: "https://accounts.test", LOGIN_ALLOW: "*" };

/** An application with uploads of acme/shop, acme/secret and other/shop. */
async function withUploads(
  environment: Record<string, string> = {},
  options: AppOptions = {},
): Promise<TestApp> {
  const config = loginConfig({
    ...ISSUER,
    AUTH: "token",
    UPLOAD_TOKENS: uploads.entry,
    ...environment,
  });
  const test = await testApp({ ...options, config });
  for (const [org_name, repo_name] of [["acme", "shop"], ["acme", "secret"], ["other", "shop"]]) {
    const sent = await test.upload(archive, { org_name, repo_name }, {
      authorization: uploads.token,
    });
    assert.equal(sent.status, 200, await sent.text());
  }
  return test;
}

async function cookieOf(person: string): Promise<string> {
  const now = nowSeconds();
  const session = { person, checked: now, until: now + 3600 };
  return (await createSessions([SECRET]).write(session)).split(";")[0]!;
}

/** An address of each route, of a repository. */
function addressOf(path: string, repository = "acme/shop"): string {
  const [org, repo] = repository.split("/");
  const names: Record<string, string> = { org: org!, repo: repo!, branch: "main", language: "go" };
  const segments = path.replace("{/*}?", "/coverage/index.html").replace("/*", "/ada")
    .replaceAll(/:(\w+)(\([^)]*\))?/g, (_, name) => names[name] ?? "1");
  return `${segments}?org_name=${org}&repo_name=${repo}&branch_name=main&base=main&head=main`;
}

Deno.test("every route declares who may use it, and enforces it for strangers", async () => {
  await using test = await withUploads();
  const routes = routesOf(test.dependencies, createCredentialCheck(test.dependencies));
  const open: string[] = [];
  for (const [route, [access]] of Object.entries(routes)) {
    const [method = "", path = ""] = route.split(" ");
    if (access === "open") {
      open.push(route);
      const answer = await test.get(addressOf(path), { method });
      assert(!(await answer.text()).includes("Reading needs a login"), route);
      continue;
    }
    const answer = await test.get(addressOf(path), { method });
    assert.equal(answer.status, 401, route);
    assert.equal(answer.headers.get("www-authenticate"), "Bearer");
    const text = await answer.text();
    assert(!text.includes("33.03") && !text.includes("report_url"), route);
    if (path.startsWith("/coverages-api")) assert.match(JSON.parse(text).error, /Authorization/);
    if (access === "upload") continue;
    const page = await test.get(addressOf(path), { headers: PERSON });
    assert.equal(page.status, 401, route);
    const to = encodeURIComponent(addressOf(path)).replaceAll("&", "&amp;").replaceAll("%20", "+");
    const html = await page.text();
    assert(html.includes(`href="/coverages-api/login?to=${to}"`), `${route} ${html}`);
  }
  assert.deepEqual(open.sort(), [
    "GET /",
    "GET /coverages-api/health",
    "GET /coverages-api/login",
    "GET /coverages-api/login/callback",
    "GET /coverages-api/reports/:report{/*}?",
    "GET /coverages-ui/:name",
    "POST /coverages-api/logout",
  ]);
});

Deno.test("repositories outside a token's scope look as if they did not exist", async () => {
  const { token, entry } = newToken("acme/shop");
  await using test = await withUploads({ READ_TOKENS: entry });
  const routes = routesOf(test.dependencies, createCredentialCheck(test.dependencies));
  const ask = (address: string) => test.get(address, { headers: { authorization: token } });
  let checked = 0;
  for (const [route, [access]] of Object.entries(routes)) {
    const [method, path = ""] = route.split(" ");
    if (method !== "GET" || access !== "repository" && access !== "badge") continue;
    const seen = [];
    for (const repository of ["acme/secret", "other/shop", "acme/none", "nobody/none"]) {
      const answer = await ask(addressOf(path, repository));
      const text = await answer.text();
      seen.push([
        answer.status,
        [...answer.headers.keys()].join(),
        text.replaceAll(repository, "-"),
      ]);
    }
    assert.equal(seen[0]![0], 404, route);
    // An author's page is of an account, which stands for all its repositories.
    const [hidden, ...others] = seen.map((one) => JSON.stringify(one).replace(/\w+\/\*/, "-"));
    for (const other of others) assert.equal(other, hidden, route);
    checked++;
  }
  assert.equal(checked, 13);
  assert.equal((await ask("/coverages-ui/acme/shop")).status, 200);
  assert.equal((await ask("/coverages-ui/ACME/Shop")).status, 200);
});

Deno.test("lists show only what the reader's token covers", async () => {
  const [shop, acme, all] = [newToken("Acme/shop"), newToken("acme/*"), newToken("*")];
  await using test = await withUploads({
    READ_TOKENS: [shop, acme, all].map(({ entry }) => entry).join(","),
  });
  const cases: [headers: Record<string, string>, repositories: string[]][] = [
    [{ authorization: shop.token }, ["acme/shop"]],
    [{ authorization: `Bearer ${acme.token}` }, ["acme/secret", "acme/shop"]],
    [{ authorization: all.token }, ["acme/secret", "acme/shop", "other/shop"]],
    [{ cookie: await cookieOf("ada") }, ["acme/secret", "acme/shop", "other/shop"]],
  ];
  for (const [headers, repositories] of cases) {
    const list = await (await test.get("/coverages-api?full=1", { headers })).json();
    assert.deepEqual(Object.keys(list.data), repositories);
    const home = await (await test.get("/coverages-ui?sort=name", { headers })).text();
    const shown = [...home.matchAll(/href="\/coverages-ui\/(\w+\/\w+)"/g)].map(([, name]) => name);
    assert.deepEqual(shown, repositories);
    const other = await test.get("/coverages-api?org_name=other&repo_name=shop", { headers });
    const { data } = await other.json();
    assert.deepEqual(Object.keys(data), repositories.filter((name) => name === "other/shop"));
  }
  const last = await test.get("/coverages-api?per_page=1&p=2", {
    headers: { authorization: acme.token },
  });
  assert.deepEqual(Object.keys((await last.json()).data), ["acme/shop"]);
  assert.equal(
    (await test.get("/coverages-ui/acme/user/ada", {
      headers: { authorization: shop.token },
    })).status,
    404,
  );
});

Deno.test("an upload credential reads the repository that it uploads to", async () => {
  await using issuer = await startIssuer("https://coverage.test");
  await using github = await startGitHub({
    repositories: [
      { owner: "acme", name: "shop", tokens: { job: { statuses: "write" }, reader: {} } },
      { owner: "acme", name: "secret", tokens: { job: {} } },
    ],
  });
  const shop = newToken("acme/shop");
  await using test = await withUploads({
    AUTH: "token,github,oidc",
    UPLOAD_TOKENS: `${uploads.entry},${shop.entry}`,
    UPLOAD_ACCOUNTS: "acme",
    GITHUB_API_URLS: github.address,
    OIDC_ISSUERS: issuer.address,
  });
  const compare = async (secret: string, repository = "acme/shop", path = "/compare") => {
    const headers = { authorization: `Bearer ${secret}` };
    return (await test.get(addressOf(`/coverages-api${path}`, repository), { headers })).status;
  };
  const job = await issuer.token();
  for (const secret of [shop.token, job, "job"]) {
    assert.equal(await compare(secret), 200, secret);
    assert.equal(await compare(secret, "acme/shop", "/files"), 200, secret);
    assert.equal(await compare(secret, "acme/secret"), 404, secret);
    assert.equal(await compare(secret, "other/shop"), 404, secret);
    assert.equal(await compare(secret, "acme/shop", "/metrics"), 401, secret);
    assert.equal(await compare(secret, "acme/..", "/compare"), 401, secret);
    const list = await test.get("/coverages-api?org_name=acme&repo_name=shop", {
      headers: { authorization: secret },
    });
    assert.deepEqual(Object.keys((await list.json()).data), ["acme/shop"], secret);
    const all = await test.get("/coverages-api", { headers: { authorization: secret } });
    assert.equal(all.status, 401, "a list of everything");
  }
  assert.equal(await compare("reader"), 404, "a token that may not write");
  assert.equal(await compare("stranger"), 401);
  assert.equal(await compare(newToken("acme/shop").token), 401);
  assert.equal(await compare(await issuer.token({ forged: true })), 401);
  assert.deepEqual(github.repository("acme/shop").statuses, [], "reading leaves no status");
});

Deno.test("a repository of another GitHub does not read under the same name", async () => {
  const repository = {
    owner: "acme",
    name: "shop",
    tokens: { job: { statuses: "write" } },
  } as const;
  await using ours = await startGitHub({
    repositories: [{ ...repository, commits: ["a".repeat(40)] }],
  });
  await using theirs = await startGitHub({ repositories: [repository] });
  const config = loginConfig({
    ...ISSUER,
    AUTH: "github",
    UPLOAD_ACCOUNTS: "acme",
    GITHUB_API_URLS: `${ours.address},${theirs.address}`,
  });
  await using test = await testApp({ config });
  const authorization = "Bearer job";
  const at = (address: string) => new URLSearchParams({ github_api_url: address });
  const commit = { commit_hash: "a".repeat(40) };
  const sent = await test.upload(archive, { ...commit, github_api_url: ours.address }, {
    authorization,
  });
  assert.equal(sent.status, 200, await sent.text());
  const files = (address: string) =>
    test.get(`${addressOf("/coverages-api/files")}&${at(address)}`, { headers: { authorization } });
  assert.equal((await files(ours.address)).status, 200);
  assert.equal((await files(theirs.address)).status, 404);
  assert.equal(
    (await test.get(addressOf("/coverages-api/files"), { headers: { authorization } }))
      .status,
    401,
  );
});

Deno.test("a badge's token opens that repository's badges, and nothing else", async () => {
  await using test = await withUploads();
  const headers = { cookie: await cookieOf("ada") };
  const page = await (await test.get("/coverages-ui/acme/shop", { headers })).text();
  const [, badge] = /\[!\[coverage\]\(https:\/\/coverage\.test([^)]*)\)/.exec(page)!;
  const address = badge!.replaceAll("&amp;", "&");
  const opened = await test.get(address);
  assert.equal(opened.status, 200);
  assert.match(await opened.text(), /33\.03%/);
  assert.equal(
    (await test.get(address.replace("branch_name=main", "branch_name=dev"))).status,
    200,
  );
  assert.equal((await test.get(address.replace("repo_name=shop", "repo_name=Shop"))).status, 200);

  const { token } = Object.fromEntries(new URL(address, "http://x").searchParams);
  const refused = [
    address.replace("repo_name=shop", "repo_name=secret"),
    address.replace("org_name=acme", "org_name=other"),
    address.replace(token!, ""),
    address.replace(token!, `${token}x`),
    address.replace(token!, token!.toUpperCase()),
    address.replace("/badge", "/compare") + "&base=main&head=main",
    address.replace("/badge", "/files"),
    `/coverages-ui/acme/shop?token=${token}`,
  ];
  for (const other of refused) assert.equal((await test.get(other)).status, 401, other);
  const compared = await test.get(addressOf("/coverages-api/compare"), { headers });
  const { head_badge_url, base_badge_url } = await compared.json();
  for (const url of [head_badge_url, base_badge_url]) {
    assert.equal((await test.get(url.replace("https://coverage.test", ""))).status, 200);
  }
});

Deno.test("metrics are for this machine and for a token for everything", async () => {
  const [all, acme] = [newToken("*"), newToken("acme/*")];
  await using test = await withUploads({ READ_TOKENS: `${all.entry},${acme.entry}` });
  const ask = async (
    { hostname = "10.0.0.1", host = "127.0.0.1", ...headers }: Record<string, string>,
  ) => {
    const remoteAddr = { transport: "tcp", hostname, port: 1 } as const;
    const request = new Request(`http://${host}/coverages-api/metrics`, { headers });
    return (await test.app(request, { remoteAddr })).status;
  };
  const loopback = { hostname: "127.0.0.1" };
  assert.equal(await ask({ authorization: all.token }), 200);
  assert.equal(await ask(loopback), 200);
  assert.equal(await ask({ ...loopback, "x-forwarded-for": "10.0.0.1" }), 401);
  assert.equal(await ask({ ...loopback, host: "rebound.test" }), 401);
  assert.equal(await ask({ authorization: acme.token }), 401);
  assert.equal(await ask({ cookie: await cookieOf("ada") }), 401);
  assert.equal(await ask({}), 401);
});

Deno.test("a session cannot upload", async () => {
  await using test = await withUploads();
  const sent = await test.upload(archive, {}, { cookie: await cookieOf("ada") });
  assert.equal(sent.status, 401);
});

Deno.test("after a report is removed, strangers cannot reach the newest one", async () => {
  await using test = await withUploads();
  const [first] = await test.sql<{ report_id: string }[]>`
    select report_id from coverages order by id limit 1`;
  const at = `/coverages-api/reports/${first!.report_id}/coverage/index.html`;
  assert.match(
    await (await test.get(at)).text(),
    /<html/,
    "whoever has the address has the report",
  );
  const again = await test.upload(archive, {}, { authorization: uploads.token });
  assert.equal(again.status, 200);
  await test.store.settled();
  const led = await test.get(at, { headers: { "sec-fetch-dest": "document" } });
  const location = led.headers.get("location")!.replace("https://coverage.test", "");
  assert.equal((await test.get(location, { headers: PERSON })).status, 401);
});
