import assert from "node:assert/strict";
import { SignJWT, UnsecuredJWT } from "jose";
import { createOidc } from "../../src/auth/oidc.ts";
import { readConfig } from "../../src/config.ts";
import { forgetIdentity } from "../../src/db/repositories.ts";
import { HttpError } from "../../src/errors.ts";
import { goodReport, gzip, tar } from "../support/archive.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { DISCOVERY, type Issuer, startIssuer, type TokenOptions } from "../support/oidc.ts";

const AUDIENCE = "https://coverage.example.com";
const archive = await gzip(tar(goodReport()));

async function appWith(issuer: Issuer): Promise<
  TestApp & { send(token: string, fields?: Record<string, string>): Promise<Response> }
> {
  const { auth } = readConfig({
    AUTH: "oidc",
    OIDC_ISSUERS: issuer.address,
    OIDC_AUDIENCE: AUDIENCE,
  });
  const test = await testApp({ config: { auth } });
  return Object.assign(test, {
    send: (token: string, fields: Record<string, string> = {}) =>
      test.upload(archive, fields, { authorization: `Bearer ${token}` }),
  });
}

async function errorOf(response: Response, status: number): Promise<string> {
  const { error } = await response.json();
  assert.equal(response.status, status, JSON.stringify(error));
  return String(error);
}

Deno.test("an OIDC token of the repository can upload, and the keys are cached", async () => {
  await using issuer = await startIssuer(AUDIENCE);
  await using test = await appWith(issuer);
  for (const [claims, fields] of [[{}, {}], [{ repository: "ACME/Shop" }, { org_name: "aCME" }]]) {
    const response = await test.send(await issuer.token({ claims: claims! }), fields);
    assert.equal(response.status, 200);
  }
  assert.equal(issuer.asked(), 1, "keys are kept");
  const [row] = await test.sql`select identity from repositories`;
  assert.equal(row!.identity, `${issuer.address} 4711`);
});

Deno.test("an invalid OIDC token is rejected with the reason", async () => {
  await using issuer = await startIssuer(AUDIENCE);
  await using foreign = await startIssuer(AUDIENCE);
  await using test = await appWith(issuer);
  const claims = { repository: "acme/shop", repository_id: "4711" };
  const now = Math.floor(Date.now() / 1000);
  const unsigned = new UnsecuredJWT(claims).setIssuer(issuer.address).setAudience(AUDIENCE)
    .setExpirationTime(now + 300).encode();
  const withSecret = await new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "key-1" })
    .setIssuer(issuer.address).setAudience(AUDIENCE).setExpirationTime(now + 300)
    .sign(new TextEncoder().encode("a secret that is long enough for this"));
  const good = await issuer.token();
  const [head, , signature] = good.split(".");
  const other = (await issuer.token({ claims: { repository: "acme/bank" } })).split(".")[1];
  const from = (options: TokenOptions) => issuer.token(options);
  const cases: [string, number, RegExp][] = [
    [await from({ expires: -60 }), 401, /has expired/],
    [await from({ audience: "https://else.example.com" }), 401, /request it for https:\/\/cov/],
    [
      await from({ issuer: "https://evil.example" }),
      401,
      /issued by "https:\/\/evil.example"; it must/,
    ],
    [await foreign.token(), 401, /is issued by/],
    [await from({ forged: true }), 401, /signature is not its issuer's/],
    [await from({ kid: "unknown" }), 401, /signature is not its issuer's/],
    [`${head}.${other}.${signature}`, 401, /signature is not its issuer's/],
    [unsigned, 401, /signature|malformed/],
    [withSecret, 401, /signature is not its issuer's/],
    [
      await from({ claims: { repository: "acme/bank" } }),
      403,
      /is for "acme\/bank", not for acme\/shop/,
    ],
    [await from({ claims: { repository: "acme/shop/x" } }), 403, /not for acme\/shop/],
    [await from({ claims: { repository: 7 } }), 401, /does not name its repository/],
    [await from({ claims: { repository_id: undefined } }), 401, /does not name its repository/],
    [await from({ claims: { repository_id: "x" } }), 401, /does not name its repository/],
    ["eyJhbGciOiJSUzI1NiJ9.e30.x", 401, /issued by ""/],
    ["eyJ.e30.x", 401, /issued by ""/],
    ["eyJ.x.x", 401, /malformed/],
    [
      `${btoa('{"alg":"RS256"}')}.${btoa('{"iss":{"length":1000}}')}.AAAA`.replaceAll("=", ""),
      401,
      /issued by ""/,
    ],
    ["ghs_token", 401, /is unknown\. This server accepts an OIDC token/],
  ];
  for (const [token, status, sentence] of cases) {
    assert.match(await errorOf(await test.send(token), status), sentence);
  }
  assert.equal(foreign.asked(), 0, "nobody is asked whom a token names");
  assert.equal((await test.sql`select from repositories`).length, 0);
});

Deno.test("a token of GitLab CI can upload for its project, also in groups in groups", async () => {
  await using issuer = await startIssuer(AUDIENCE);
  await using test = await appWith(issuer);
  const send = async (project_path: string, fields: Record<string, string> = {}, options = {}) =>
    await test.send(
      await issuer.token({
        claims: {
          repository: undefined,
          repository_id: undefined,
          project_path,
          project_id: "42",
          namespace_path: project_path.split("/")[0],
          ref: "main",
          ref_type: "branch",
          sub: `project_path:${project_path}:ref_type:branch:ref:main`,
        },
        ...options,
      }),
      fields,
    );
  for (
    const [path, fields] of [
      ["acme/shop", {}],
      ["acme/web/t-1/shop--x", { org_name: "acme--web--t-1", repo_name: "shop--x" }],
    ] as const
  ) {
    const response = await send(path, fields);
    assert.equal(response.status, 200, await response.text());
  }
  const [row] = await test.sql`select identity from repositories limit 1`;
  assert.equal(row!.identity, `${issuer.address} 42`);
  const refused: [string, Record<string, string>, object, number, RegExp][] = [
    ["acme/bank", {}, {}, 403, /is for "acme\/bank", not for acme\/shop/],
    ["acme/web/shop", {}, {}, 403, /is for "acme--web\/shop", not for acme\/shop/],
    ["acme--web/shop", { org_name: "acme--web" }, {}, 403, /two dashes in a group's name stand/],
    ["acme/shop", {}, { audience: "https://else.example.com" }, 401, /for another audience/],
    ["acme/shop", {}, { expires: -60 }, 401, /has expired/],
    ["acme/shop", {}, { forged: true }, 401, /signature is not its issuer's/],
  ];
  for (const [path, fields, options, status, sentence] of refused) {
    assert.match(await errorOf(await send(path, fields, options), status), sentence);
  }
});

Deno.test("a rotated key is found and the old one rejected", async () => {
  await using issuer = await startIssuer(AUDIENCE);
  const check = createOidc({
    issuers: [issuer.address],
    audiences: [AUDIENCE],
    accounts: ["*"],
    cooldownMs: 0,
  });
  const before = await issuer.token();
  await check(before);
  await issuer.rotate();
  await check(await issuer.token());
  assert.equal(issuer.asked(), 2);
  await assert.rejects(check(before), /signature is not its issuer's/);
});

Deno.test("the client gets 503 while the issuer's keys are unavailable", async () => {
  await using issuer = await startIssuer(AUDIENCE);
  await using test = await appWith(issuer);
  const bad = [
    () => new Response(null, { status: 503 }),
    () => new Response("<h1>Not here</h1>"),
    () => new Response('{"keys": [{"kty"'),
    () => Response.json({ keys: "none" }),
  ];
  for (
    const [path, instead] of [DISCOVERY, undefined].flatMap((path) =>
      bad.map((one) => [path, one] as const)
    )
  ) {
    issuer.answer(instead, path);
    const response = await test.send(await issuer.token());
    assert.equal(response.headers.get("retry-after"), "5");
    assert.match(await errorOf(response, 503), /keys .* are not available/);
  }
  issuer.answer(undefined);
  const again = await test.send(await issuer.token());
  assert.equal(again.status, 200);
});

Deno.test("a weak or wrong key of the issuer is a 401", async () => {
  await using issuer = await startIssuer(AUDIENCE);
  await using test = await appWith(issuer);
  const weak = await crypto.subtle.generateKey(
    {
      name: "RSASSA-PKCS1-v1_5",
      hash: "SHA-256",
      modulusLength: 1024,
      publicExponent: new Uint8Array([1, 0, 1]),
    },
    true,
    ["sign", "verify"],
  );
  const ofAnotherKind = await crypto.subtle.generateKey(
    { name: "ECDSA", namedCurve: "P-256" },
    true,
    ["sign", "verify"],
  );
  for (const [index, { publicKey }] of [weak, ofAnotherKind].entries()) {
    const jwk = { ...await crypto.subtle.exportKey("jwk", publicKey), kid: `odd-${index}` };
    issuer.answer(() => Response.json({ keys: [jwk] }));
    await using test = await appWith(issuer);
    const response = await test.send(await issuer.token({ kid: jwk.kid }));
    assert.match(await errorOf(response, 401), /key that is not acceptable|not its issuer's/);
  }
  issuer.answer(() => new Response(`{"keys": [], "x": "${"x".repeat(1024 * 1024)}"}`));
  assert.match(await errorOf(await test.send(await issuer.token()), 503), /are not available/);
});

Deno.test("a recreated repository is rejected until the operator allows it", async () => {
  await using issuer = await startIssuer(AUDIENCE);
  await using test = await appWith(issuer);
  await test.send(await issuer.token());
  const anew = await issuer.token({ claims: { repository_id: "4712" } });
  assert.match(
    await errorOf(await test.send(anew), 403),
    /is not the repository .*`deno task forget-identity acme\/shop`/,
  );
  const sync = await test.get("/coverages-api", {
    method: "PUT",
    body: JSON.stringify({ org_name: "acme", repo_name: "shop", active_branches: ["x"] }),
    headers: { authorization: `Bearer ${anew}` },
  });
  await errorOf(sync, 403);
  assert.equal((await test.sql`select from coverages where deleted_at is null`).length, 1);
  assert.equal(await forgetIdentity(test.sql, { org_name: "Acme", repo_name: "Shop" }), true);
  const response = await test.send(anew);
  assert.equal(response.status, 200);
  await errorOf(await test.send(await issuer.token()), 403);
  assert.equal(await forgetIdentity(test.sql, { org_name: "acme", repo_name: "bank" }), false);
});

Deno.test("when two repositories claim a new name at once, one gets it", async () => {
  await using issuer = await startIssuer(AUDIENCE);
  await using test = await appWith(issuer);
  const tokens = await Promise.all(
    ["1", "2"].map((repository_id) => issuer.token({ claims: { repository_id } })),
  );
  const statuses = await Promise.all(tokens.map(async (token, index) => {
    const response = await test.send(token, { branch_name: `branch-${index}` });
    return response.status;
  }));
  assert.deepEqual(statuses.toSorted(), [200, 403]);
  assert.equal((await test.sql`select from coverages`).length, 1);
});

Deno.test("an issuer is asked only for key ids it can have", async () => {
  await using issuer = await startIssuer(AUDIENCE);
  const check = createOidc({ issuers: [issuer.address], audiences: [AUDIENCE], accounts: ["*"] });
  await check(await issuer.token());
  for (let index = 0; index < 20; index++) {
    const unknown = await issuer.token({ kid: `unknown-${index}` });
    await assert.rejects(
      check(unknown),
      (error) => error instanceof HttpError && error.status === 401,
    );
  }
  assert(issuer.asked() <= 2, `it was asked ${issuer.asked()} times`);
});
