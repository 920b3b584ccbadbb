import assert from "node:assert/strict";
import { type TestApp, testApp } from "../support/app.ts";
import { type OidcProvider, startOidcProvider } from "../support/oidc_provider.ts";
import { readArchiveFile } from "../support/test_data.ts";
import { CALLBACK, later, loginConfig, PUBLIC_URL, SECRET, Visitor } from "../support/visitor.ts";

const archive = await readArchiveFile("go_coverage.tar.gz");

interface World {
  provider: OidcProvider;
  test: TestApp;
}

/** Ada may read, Mallory may not; there is an upload of acme/shop. */
async function inWorld(
  work: (world: World) => Promise<void>,
  environment: Record<string, string> = {},
): Promise<void> {
  await using provider = await startOidcProvider(CALLBACK);
  provider.claims.ada = { email: "Ada@Example.com", email_verified: true, groups: ["core"] };
  provider.claims.mallory = { email: "mallory@example.net", email_verified: true };
  const config = loginConfig({
    LOGIN_ISSUER: provider.address,
    LOGIN_ALLOW: "@example.com",
    ...environment,
  });
  await using test = await testApp({ config });
  assert.equal((await test.upload(archive)).status, 200);
  await work({ provider, test });
}

Deno.test("a person signs in, comes back to the page that was asked for, and signs out", () =>
  inWorld(async ({ test }) => {
    const ada = new Visitor(test);
    const asked = await ada.open("/coverages-ui/acme/shop?q=a%26b");
    assert.equal(asked.status, 401);
    const login = await asked.text();
    assert.match(login, /Sign in with 127\.0\.0\.1/);
    assert(!login.includes("33.03"));

    const page = await ada.signIn("/coverages-ui/acme/shop?q=a%26b");
    assert.equal(page.status, 200);
    assert.equal(ada.visited.at(-1), `${PUBLIC_URL}/coverages-ui/acme/shop?q=a%26b`);
    const text = await page.text();
    assert.match(text, /Ada@Example\.com.*Sign out/s);

    const report = /href="([^"]*\/uploads\/\d+\/report\/[^"]*)"/.exec(text)![1]!;
    assert.match(await (await ada.open(report)).text(), /<iframe/);
    const data = await ada.send("/coverages-api", { headers: { accept: "application/json" } });
    assert.deepEqual(Object.keys((await data.json()).data), ["acme/shop"]);

    const stay = await ada.send("/coverages-api/logout", {
      method: "POST",
      headers: { "sec-fetch-site": "cross-site" },
    });
    assert.equal(stay.status, 403, "no other site signs anybody out");
    const out = await ada.open("/coverages-api/logout", {
      method: "POST",
      headers: { origin: PUBLIC_URL, "sec-fetch-site": "same-origin" },
    });
    assert.equal(out.status, 401);
    assert.equal(ada.session, undefined);
  }));

Deno.test("a session is an encrypted cookie for this host only, hidden from scripts", () =>
  inWorld(async ({ test }) => {
    const ada = new Visitor(test);
    await ada.open("/coverages-api/login", { until: CALLBACK });
    const answer = await ada.send(ada.visited.at(-1)!);
    const [session = "", signIn = ""] = answer.headers.getSetCookie();
    assert.match(
      session,
      /^__Host-coverage-session=[\w.-]+; Path=\/; Max-Age=43200; HttpOnly; Secure; SameSite=Lax$/,
    );
    assert.match(signIn, /^__Host-coverage-sign-in-[\w-]+=; Path=\/; Max-Age=0; /);
    assert.equal(answer.headers.get("location"), `${PUBLIC_URL}/coverages-ui`);
    assert.equal(answer.headers.get("cache-control"), "no-store");
    const parts = session.split(";")[0]!.split(".").map((part) =>
      atob(
        part.replaceAll("-", "+").replaceAll("_", "/").replace(/^.*=/, ""),
      )
    );
    assert(!parts.join().includes("xample"), "nobody reads who it is of");
  }));

Deno.test("who may read is decided by verified addresses, domains and groups", async () => {
  await using provider = await startOidcProvider(CALLBACK);
  const ada = { email: "Ada@Example.com", email_verified: true, groups: ["core", "a b"] };
  const cases: [allow: string, claims: Record<string, unknown>, isIn: boolean][] = [
    ["ada@example.com", ada, true],
    ["example.com", ada, true],
    ["group:a b", ada, true],
    ["*", {}, true],
    ["bob@example.com,@example.net", ada, false],
    ["@example.com", { ...ada, email_verified: false }, false],
    ["@example.com", { email: ada.email }, false],
    ["@example.com", { ...ada, email: "ada@example.com.evil.test" }, false],
    ["@example.com", { ...ada, email: "ada@example.com@evil.test" }, false],
    ["group:cor", ada, false],
    ["group:core", { groups: { core: true } }, false],
  ];
  for (const [LOGIN_ALLOW, claims, isIn] of cases) {
    provider.claims.ada = claims;
    const config = loginConfig({ LOGIN_ISSUER: provider.address, LOGIN_ALLOW });
    await using test = await testApp({ config });
    const visitor = new Visitor(test);
    const { status } = await visitor.signIn();
    const what = `${LOGIN_ALLOW} ${JSON.stringify(claims)}`;
    assert.deepEqual(
      [status, visitor.session !== undefined],
      isIn ? [200, true] : [403, false],
      what,
    );
  }
});

Deno.test("after an hour the provider is asked again, without the person", () =>
  inWorld(async ({ provider, test }) => {
    const ada = new Visitor(test);
    await ada.signIn();
    const before = ada.session;
    {
      using _ = later(59 * 60);
      assert.equal((await ada.send("/coverages-ui/acme/shop")).status, 200);
    }
    using _ = later(61 * 60);
    const api = await ada.send("/coverages-api", { headers: { accept: "application/json" } });
    assert.equal(api.status, 401, "a program is not led to a provider");
    ada.visited.length = 0;
    assert.equal((await ada.open("/coverages-ui/acme/shop?q=x")).status, 200);
    assert.equal(ada.visited.at(-1), `${PUBLIC_URL}/coverages-ui/acme/shop?q=x`);
    assert(ada.visited.some((address) => address.includes("prompt=none")));
    assert(!ada.visited.some((address) => address.includes("/interaction/")));
    assert.notEqual(ada.session, before);

    // The new cookie ends when the old one would have.
    {
      using _ = later(12 * 3600 + 10);
      assert.equal((await ada.send("/coverages-ui/acme/shop")).status, 401);
    }
    // She has left: the next hour ends it, for her browser and for her cookie.
    provider.claims.ada = { email: "ada@elsewhere.test", email_verified: true };
    using __ = later(62 * 60);
    const { session } = ada;
    assert.equal((await ada.open("/coverages-ui/acme/shop")).status, 403);
    assert.equal(ada.session, undefined);
    const cookie = `__Host-coverage-session=${session}`;
    const stolen = await test.get("/coverages-api", { headers: { cookie } });
    assert.equal(stolen.status, 401);
  }));

Deno.test("if the provider's session is gone, the sign-in page is shown again", () =>
  inWorld(async ({ provider, test }) => {
    const ada = new Visitor(test);
    await ada.signIn();
    ada.cookiesOf(provider.address).clear();
    using _ = later(61 * 60);
    const page = await ada.open("/coverages-ui");
    assert.equal(page.status, 401);
    assert.match(await page.text(), /not completed.*Sign in with/s);
    assert.equal((await ada.signIn()).status, 200);
  }));

Deno.test("sign-in gets 503 while the provider is unavailable, and works when it is back", () =>
  inWorld(async ({ provider, test }) => {
    const ada = new Visitor(test);
    provider.isDown = true;
    const away = await ada.open("/coverages-api/login");
    assert.equal(away.status, 503);
    assert.match(await away.text(), /cannot sign anybody in now/);
    provider.isDown = false;
    await ada.open("/coverages-api/login", { until: CALLBACK });
    provider.isDown = true;
    assert.equal((await ada.send(ada.visited.at(-1)!)).status, 503);
    provider.isDown = false;
    assert.equal((await ada.signIn()).status, 200);
  }));

Deno.test("a provider may change its keys", () =>
  inWorld(async ({ provider, test }) => {
    await new Visitor(test).signIn();
    await provider.rotate();
    using _ = later(5 * 60);
    assert.equal((await new Visitor(test).signIn()).status, 200);
  }));

Deno.test("SESSION_SECRET may be replaced while people are signed in", () =>
  inWorld(async ({ provider, test }) => {
    const ada = new Visitor(test);
    await ada.signIn();
    const cookie = `__Host-coverage-session=${ada.session}`;
    const fresh = "n".repeat(32);
    for (const [secrets, status] of [[`${fresh},${SECRET}`, 200], [fresh, 401]] as const) {
      const config = loginConfig({
        LOGIN_ISSUER: provider.address,
        LOGIN_ALLOW: "*",
        SESSION_SECRET: secrets,
      });
      await using other = await testApp({ config });
      assert.equal((await other.get("/coverages-api", { headers: { cookie } })).status, status);
    }
  }));

Deno.test("ID tokens of another sign-in are rejected", () =>
  inWorld(async ({ provider, test }) => {
    const soon = Math.floor(Date.now() / 1000);
    const alterations: NonNullable<OidcProvider["alter"]>[] = [
      (claims) => ({ ...claims, aud: "another-client" }),
      (claims) => ({ ...claims, aud: ["coverage", "another-client"], azp: "another-client" }),
      (claims) => ({ ...claims, iss: "https://elsewhere.test" }),
      (claims) => ({ ...claims, nonce: "of another sign-in" }),
      ({ nonce: _, ...claims }) => claims,
      (claims) => ({ ...claims, exp: soon - 3600 }),
      (claims) => ({ ...claims, sub: "mallory" }),
      (claims) => ({ ...claims, forged: true }),
    ];
    for (const alter of alterations) {
      provider.alter = alter;
      const ada = new Visitor(test);
      assert.equal((await ada.signIn()).status, 401, String(alter));
      assert.equal(ada.session, undefined);
    }
    provider.alter = (claims) => claims;
    assert.equal((await new Visitor(test).signIn()).status, 200);
  }));

Deno.test("a sign-in can be completed once, in the browser that began it", () =>
  inWorld(async ({ provider, test }) => {
    const ada = new Visitor(test);
    await ada.open("/coverages-api/login", { until: CALLBACK });
    const callback = ada.visited.at(-1)!;
    // Login CSRF, and a stolen state: whoever opens the address of somebody else's sign-in.
    const other = new Visitor(test, "mallory");
    assert.equal((await other.send(callback)).status, 401);
    await other.open("/coverages-api/login", { until: CALLBACK });
    const otherCallback = other.visited.at(-1)!;
    assert.equal((await other.send(callback)).status, 401, "with a sign-in of their own under way");
    const swapped = new URL(callback);
    swapped.searchParams.set("iss", "https://elsewhere.test");
    assert.equal((await ada.send(swapped.href)).status, 401, "a mix-up of providers");
    assert.equal(provider.asked(), 0, "none of it has reached the token endpoint");
    const injected = new URL(otherCallback);
    injected.searchParams.set("code", new URL(callback).searchParams.get("code")!);
    assert.equal((await other.send(injected.href)).status, 401, "a stolen code in their sign-in");
    assert.equal(other.session, undefined);

    const cookies = new Map(ada.cookiesOf(PUBLIC_URL));
    assert.equal((await ada.open(callback)).status, 200);
    const replay = new Visitor(test);
    for (const [name, value] of cookies) replay.cookiesOf(PUBLIC_URL).set(name, value);
    assert.equal((await replay.send(callback)).status, 401, "a replayed code");
    assert.equal(replay.session, undefined);

    const slow = new Visitor(test);
    await slow.open("/coverages-api/login", { until: CALLBACK });
    using _ = later(11 * 60);
    assert.equal((await slow.send(slow.visited.at(-1)!)).status, 401, "after ten minutes");
  }));

Deno.test("after sign-in the redirect always stays on this server", () =>
  inWorld(async ({ test }) => {
    const ada = new Visitor(test);
    await ada.signIn();
    const cases: [to: string, path: string][] = [
      ["/coverages-ui/acme/shop?a=b#c", "/coverages-ui/acme/shop?a=b"],
      ["https://evil.test/coverages-ui", "/coverages-ui"],
      ["//evil.test/x", "/x"],
      ["/\\evil.test/x", "/x"],
      ["//evil.test//x", "//x"],
      ["@evil.test/x", "/@evil.test/x"],
      [".evil.test/x", "/.evil.test/x"],
      ["javascript:alert(1)", "/coverages-ui"],
      ["/x\r\nset-cookie: a=b", "/xset-cookie:%20a=b"],
      ["/x\0y", "/x%00y"],
      ["https://", "/coverages-ui"],
      [`/${"x".repeat(1001)}`, "/coverages-ui"],
      [`/${"é".repeat(400)}`, "/coverages-ui"],
      ["", "/"],
    ];
    for (const [to, path] of cases) {
      const answer = await ada.send(`/coverages-api/login?${new URLSearchParams({ to })}`);
      assert.equal(answer.status, 303);
      assert.equal(answer.headers.get("location"), PUBLIC_URL + path, JSON.stringify(to));
      assert.deepEqual(answer.headers.getSetCookie(), []);
    }
  }));
