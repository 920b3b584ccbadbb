import assert from "node:assert/strict";
import { githubOf } from "../../src/model/code_host.ts";
import { readConfig } from "../../src/config.ts";
import { checkIdentity, forgetIdentity } from "../../src/db/repositories.ts";
import { goodReport, gzip, tar } from "../support/archive.ts";
import { testApp } from "../support/app.ts";
import { startGitHub } from "../support/github.ts";
import { appWith, errorOf, shop, sync, TOKEN } from "../support/github_app.ts";
import { startIssuer } from "../support/oidc.ts";

const archive = await gzip(tar(goodReport()));

Deno.test("an account not in UPLOAD_ACCOUNTS is rejected without asking GitHub", async () => {
  await using github = await startGitHub(shop);
  const authOf = (UPLOAD_ACCOUNTS: string) =>
    readConfig({ AUTH: "github", GITHUB_API_URLS: github.address, UPLOAD_ACCOUNTS }).auth;
  for (const accounts of ["acme-labs", "acme/bank", "shop", "acme/shop2,other/*"]) {
    await using test = await appWith(github, { config: { auth: authOf(accounts) } });
    const sentence = /UPLOAD_ACCOUNTS of this server does not allow uploads for "acme\/shop"/;
    assert.match(await errorOf(await test.send(), 403), sentence);
    assert.match(await errorOf(await sync(test, github, TOKEN), 403), sentence);
  }
  assert.equal(github.requests.length, 0);
  for (const accounts of ["ACME", "acme/*", "other Acme/Shop", "*"]) {
    await using test = await appWith(github, { config: { auth: authOf(accounts) } });
    const response = await test.send();
    assert.equal(response.status, 200, accounts);
  }
});

Deno.test("an OIDC token of another account is rejected before keys are fetched", async () => {
  await using issuer = await startIssuer("coverage");
  const { auth } = readConfig({
    AUTH: "oidc",
    OIDC_ISSUERS: issuer.address,
    OIDC_AUDIENCE: "coverage",
    UPLOAD_ACCOUNTS: "acme",
  });
  await using test = await testApp({ config: { auth } });
  const send = async (repository: string) => {
    const token = await issuer.token({ claims: { repository } });
    const [org_name, repo_name] = repository.split("/");
    const authorization = `Bearer ${token}`;
    return await test.upload(archive, { org_name, repo_name }, { authorization });
  };
  assert.match(await errorOf(await send("stranger/shop"), 403), /UPLOAD_ACCOUNTS/);
  assert.equal(issuer.asked(), 0);
  const response = await send("acme/shop");
  assert.equal(response.status, 200);
});

Deno.test("a repository belongs to the GitHub that uploaded first", async () => {
  await using here = await startGitHub(shop);
  await using there = await startGitHub(shop);
  const { auth } = readConfig({
    AUTH: "github",
    GITHUB_API_URLS: `${here.address},${there.address}`,
  });
  await using test = await appWith(here, { config: { auth } });
  assert.equal((await test.send()).status, 200);
  assert.equal((await test.send({ branch_name: "other" })).status, 200);
  const refusal = /is not the repository that uploaded under this name before/;
  const elsewhere = { github_api_url: there.address };
  assert.match(await errorOf(await test.send(elsewhere), 403), refusal);
  assert.match(await errorOf(await sync(test, there, TOKEN), 403), refusal);
  assert.equal((await test.sql`select from coverages where deleted_at is null`).length, 2);
  assert.equal((await test.send()).status, 200);

  assert(await forgetIdentity(test.sql, { org_name: "acme", repo_name: "shop" }));
  assert.equal((await test.send(elsewhere)).status, 200);
  assert.match(await errorOf(await test.send(), 403), refusal);
});

Deno.test("a repository accepts GitHub and OIDC tokens of one GitHub in any order", async () => {
  await using test = await testApp();
  const name = { org_name: "acme", repo_name: "shop" };
  const api = githubOf("https://ghe.example.com/api/v3");
  const oidc = `${githubOf("https://ghe.example.com/_services/token")} 4711`;
  const renewed = oidc.replace("4711", "4712");
  const others = ["https://github.com", "https://github.com 4711"];
  for (const order of [[api, oidc, api], [oidc, api, oidc], [api, api, oidc]]) {
    await test.upload(archive);
    for (const identity of [undefined, ...order]) await checkIdentity(test.sql, name, identity);
    for (const identity of [...others, renewed]) {
      await assert.rejects(checkIdentity(test.sql, name, identity), { status: 403 });
    }
    await forgetIdentity(test.sql, name);
  }
  const [row] = await test.sql`select identity from repositories`;
  assert.equal(row!.identity, null, "upload tokens vouch for no GitHub");
});

Deno.test("API and OIDC issuer of one GitHub are matched by GitHub's addresses", () => {
  const cases: [string, string[]][] = [
    ["https://github.com", [
      "https://api.github.com",
      "https://token.actions.githubusercontent.com",
      "https://token.actions.githubusercontent.com/acme-inc",
    ]],
    ["https://acme.ghe.com", ["https://api.acme.ghe.com", "https://token.actions.acme.ghe.com"]],
    ["https://ghe.example.com:8443", [
      "https://ghe.example.com:8443/api/v3",
      "https://ghe.example.com:8443/_services/token",
    ]],
  ];
  for (const [github, addresses] of cases) {
    for (const address of addresses) assert.equal(githubOf(address), github, address);
  }
  // What only looks like it stands for itself.
  for (
    const address of [
      "https://api.github.com.evil.example",
      "https://api.github.com/x",
      "https://token.actions.githubusercontent.com/a/b",
      "https://api.x.evil.ghe.com",
      "https://id.example.com/tenant-a",
      "http://api.github.com",
    ]
  ) assert.equal(githubOf(address), address);
});
