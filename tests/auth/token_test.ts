import assert from "node:assert/strict";
import { newToken } from "../../src/cli/token_command.ts";
import { readConfig } from "../../src/config.ts";
import { goodReport, gzip, tar } from "../support/archive.ts";
import { testApp } from "../support/app.ts";

const archive = await gzip(tar(goodReport()));

Deno.test("an upload token works only in its scope", async () => {
  const one = newToken("acme/shop"), all = newToken("Acme/*"), any = newToken("*");
  const { auth } = readConfig({
    AUTH: "token",
    UPLOAD_TOKENS: [one, all, any].map(({ entry }) => entry).join(","),
  });
  await using test = await testApp({ config: { auth } });
  const send = async (authorization: string, org_name: string, repo_name: string) => {
    const response = await test.upload(archive, { org_name, repo_name }, { authorization });
    return [response.status, JSON.stringify((await response.json()).error)] as const;
  };
  const cases: [string, string, string, number][] = [
    [one.token, "acme", "shop", 200],
    [one.token, "ACME", "Shop", 200],
    [one.token, "acme", "bank", 403],
    [one.token, "acme2", "shop", 403],
    [all.token, "acme", "bank", 200],
    [all.token, "acme-x", "bank", 403],
    [any.token, "else", "where", 200],
    ["cov_unknown", "acme", "shop", 401],
    [one.token.slice(0, -1), "acme", "shop", 401],
    [one.entry.split(":")[1]!, "acme", "shop", 401],
    ["ghs_token", "acme", "shop", 401],
    ["", "acme", "shop", 401],
  ];
  for (const [token, org, repo, status] of cases) {
    const [actual, error] = await send(`Bearer ${token}`, org, repo);
    assert.equal(actual, status, `${org}/${repo}: ${error}`);
  }
  assert.match((await send(one.token, "acme", "bank"))[1], /is for acme\/shop, not for acme\/bank/);
  assert(!JSON.stringify(test.log).includes(one.token));
  // The reason alone: a refusal is nobody's bug, and has no stack to look into.
  const refused = test.log.findLast(({ message }) => message === "credential rejected")!;
  const reason = "The upload token is for acme/shop, not for acme/bank.";
  assert.deepEqual(refused.fields, { client: "unknown", status: 403, reason });
});

Deno.test("a self-made token is accepted by its hash", async () => {
  const secret = "made by a password manager, without spaces".replaceAll(" ", "-");
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret));
  const { auth } = readConfig({
    AUTH: "token,github",
    UPLOAD_TOKENS: `acme/shop:${new Uint8Array(digest).toHex().toUpperCase()}`,
  });
  await using test = await testApp({ config: { auth } });
  const response = await test.upload(archive, {}, { authorization: secret });
  assert.equal(response.status, 200);
});

Deno.test("newToken makes unguessable tokens and rejects invalid scopes", () => {
  const tokens = new Set(Array.from({ length: 100 }, () => newToken("a/b").token));
  assert.equal(tokens.size, 100);
  for (const token of tokens) assert.match(token, /^cov_[\w-]{43}$/);
  for (const scope of ["", "acme", "acme/", "/shop", "*/shop", "a/b/c", "a b/c", "acme/sh*p"]) {
    assert.throws(() => newToken(scope), /it must be org\/repo, org\/\* or \*/);
  }
});

Deno.test("an Authorization header without a credential is a 401", async () => {
  await using test = await testApp({ config: { auth: readConfig({ AUTH: "github" }).auth } });
  for (const authorization of ["Bearer", "Basic dXNlcjpwYXNz", "two words", "x".repeat(20_000)]) {
    const response = await test.upload(archive, {}, { authorization });
    assert.equal(response.status, 401, authorization.slice(0, 20));
    assert.equal(response.headers.get("www-authenticate"), "Bearer");
  }
});
