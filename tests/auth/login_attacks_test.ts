import assert from "node:assert/strict";
import fc from "fast-check";
import { createSessions, nowSeconds } from "../../src/auth/session.ts";
import { testApp } from "../support/app.ts";
import { startOidcProvider } from "../support/oidc_provider.ts";
import { CALLBACK, loginConfig, PUBLIC_URL, SECRET, Visitor } from "../support/visitor.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

interface Mutation {
  at: number;
  length: number;
  text: string;
}

/** A change of one part of a text. */
const mutation = fc.record({
  at: fc.nat(),
  length: fc.nat(3),
  text: fc.oneof(
    fc.string({ unit: fc.constantFrom(...ALPHABET), maxLength: 4 }),
    fc.constantFrom(".", "..", "=", ",", "%00", "%", "eyJhbGciOiJub25lIn0", '"', " ", "\u00ff"),
  ),
});

function mutate(text: string, mutations: Mutation[]): string {
  for (const { at, length, text: other } of mutations) {
    const from = at % (text.length + 1);
    text = text.slice(0, from) + other + text.slice(from + length);
  }
  return text;
}

/** What a token says, whatever the unused bits of its Base64 are. */
const meaning = (token: string) =>
  token.split(".").map((part) => {
    try {
      return Uint8Array.fromBase64(part, { alphabet: "base64url", lastChunkHandling: "loose" })
        .toBase64();
    } catch {
      return part;
    }
  }).join();

Deno.test("mutated cookies and callbacks let nobody in, and break nothing", async () => {
  await using provider = await startOidcProvider(CALLBACK);
  provider.claims.ada = { email: "ada@example.com", email_verified: true };
  const config = loginConfig({ LOGIN_ISSUER: provider.address, LOGIN_ALLOW: "*" });
  await using test = await testApp({ config });
  const ada = new Visitor(test);
  await ada.open("/coverages-api/login", { until: CALLBACK });
  const callback = ada.visited.at(-1)!;
  const [[signInName, signIn]] = ada.cookiesOf(PUBLIC_URL) as unknown as [[string, string]];
  const now = nowSeconds();
  const sealed = createSessions([SECRET]);
  const write = async (person: string, seconds: number) =>
    (await sealed.write({ person, checked: now, until: now + seconds })).split(/[=;]/)[1]!;
  const good = await write("ada", 3600);
  const seeds = [good, await write("ada", -1), signIn, good.split(".").slice(0, 3).join(".")];
  const name = "__Host-coverage-session";
  const readable = await test.get("/coverages-api", { headers: { cookie: `${name}=${good}` } });
  assert.equal(readable.status, 200, "the cookie itself is good");

  const cookies = fc.record({
    seed: fc.constantFrom(...seeds),
    mutations: fc.array(mutation, { maxLength: 3 }),
    name: fc.constantFrom(name, name.toLowerCase(), signInName, "coverage-session"),
    before: fc.constantFrom("", "a=b; ", `${name}=; `, ";;=; "),
  });
  await fc.assert(
    fc.asyncProperty(cookies, async ({ seed, mutations, before, ...cookie }) => {
      const value = mutate(seed, mutations);
      fc.pre(cookie.name !== name || before.startsWith(name) || meaning(value) !== meaning(good));
      const headers = { cookie: `${before}${cookie.name}=${value}` };
      const answer = await test.get("/coverages-api", { headers });
      assert.equal(answer.status, 401, await answer.text());
    }),
    { numRuns: 2000 },
  );

  const callbacks = fc.record({
    query: fc.array(mutation, { minLength: 1, maxLength: 3 }),
    cookie: fc.array(mutation, { maxLength: 2 }),
    extra: fc.constantFrom(
      "",
      "&state=x",
      "&code=x",
      "&error=access_denied",
      "&response=e30.e30.x",
    ),
  });
  const { search } = new URL(callback);
  await fc.assert(
    fc.asyncProperty(callbacks, async ({ query, cookie, extra }) => {
      const mutated = mutate(search, query) + extra;
      const url = URL.parse(`${CALLBACK}${mutated.startsWith("?") ? "" : "?"}${mutated}`);
      fc.pre(url !== null);
      const given = Object.fromEntries(url.searchParams);
      const asked = Object.fromEntries(new URLSearchParams(search));
      fc.pre(given.code !== asked.code || given.state !== asked.state || extra !== "");
      const answer = await test.app(
        new Request(url, { headers: { cookie: `${signInName}=${mutate(signIn, cookie)}` } }),
      );
      assert(answer.status >= 400 && answer.status < 500, `${answer.status} ${url}`);
      const session = answer.headers.getSetCookie().filter((one) => !one.includes("Max-Age=0"));
      assert.deepEqual(session, []);
    }),
    { numRuns: 2000 },
  );
});
