import assert from "node:assert/strict";
import { RateLimit } from "../../src/auth/rate_limit.ts";
import { HttpError } from "../../src/errors.ts";
import { clientOf } from "../../src/http/request.ts";

/** A minute in no time. */
function travel(ms: number): Disposable {
  const now = performance.now.bind(performance);
  performance.now = () => now() + ms;
  return { [Symbol.dispose]: () => void (performance.now = now) };
}

Deno.test("a rejection is cached for a minute after it was made", async () => {
  const rateLimit = new RateLimit();
  let asked = 0;
  const attempt = () =>
    rateLimit.run({ client: "a", credential: "secret", target: "s" }, () => {
      asked++;
      return Promise.reject(new HttpError(422, "No such commit."));
    });
  await assert.rejects(attempt());
  for (const ms of [20_000, 40_000, 59_000]) {
    using _later = travel(ms);
    await assert.rejects(attempt());
  }
  assert.equal(asked, 1);
  using _later = travel(61_000);
  await assert.rejects(attempt());
  assert.equal(asked, 2);
});

Deno.test("identical attempts at the same time share one request", async () => {
  const rateLimit = new RateLimit();
  const made: string[] = [];
  const attempt = (credential: string, subject: string) =>
    rateLimit.run({ client: "a", credential, target: subject }, () => {
      made.push(`${credential} ${subject}`);
      return Promise.resolve(`${credential} ${subject}`);
    });
  const answers = await Promise.all([
    ...[attempt("x", "1"), attempt("x", "1"), attempt("x", "2"), attempt("y", "1")],
  ]);
  assert.deepEqual(answers, ["x 1", "x 1", "x 2", "y 1"]);
  assert.deepEqual(made, ["x 1", "x 2", "y 1"]);
});

Deno.test("clients are identified by IPv4 address or IPv6 /64, without the port", () => {
  const addressOf = (hostname: string, forwardedFor?: string) =>
    clientOf(
      new Request(
        "http://h/",
        forwardedFor ? { headers: { "x-forwarded-for": forwardedFor } } : {},
      ),
      { remoteAddr: { transport: "tcp", hostname, port: 1 } },
    ).client;
  const cases: [string, string | undefined, string][] = [
    ["192.0.2.1", undefined, "192.0.2.1"],
    ["192.0.2.1", "203.0.113.9", "192.0.2.1"],
    ["10.1.2.3", "203.0.113.9:4711", "203.0.113.9"],
    ["127.0.0.1", "1.1.1.1, 203.0.113.9", "203.0.113.9"],
    ["::1", "[2001:db8::5]:443", "2001:db8:0:0::/64"],
    ["2001:db8:1:2:3:4:5:6", undefined, "2001:db8:1:2::/64"],
    ["2001:db8:1:2::ffff", undefined, "2001:db8:1:2::/64"],
    ["::1", undefined, "0:0:0:0::/64"],
    ["fd00::1", "not an address", "not an address"],
    ["::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"],
  ];
  for (const [host, forwarded, client] of cases) assert.equal(addressOf(host, forwarded), client);
});

Deno.test("a request with a proxy header is not local", () => {
  const isDirect = (name?: string, hostname = "127.0.0.1") =>
    clientOf(
      new Request("http://h/", { headers: { "user-agent": "curl/8", ...name && { [name]: "x" } } }),
      { remoteAddr: { transport: "tcp", hostname, port: 1 } },
    ).direct;
  assert(isDirect());
  assert(isDirect(undefined, "::1"));
  assert(!isDirect(undefined, "10.0.0.1"));
  for (
    const name of [
      "Accept",
      "Authorization",
      "X-Request-Id",
      "Origin",
      "X-Custom",
      "Sec-Fetch-Site",
    ]
  ) {
    assert(isDirect(name), name);
  }
  for (
    const name of [
      ...["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Server"],
      ...["X-Forwarded-Prefix", "X-Forwarded", "X-Client-IP", "X-Real-IP", "True-Client-IP"],
      ...["X-Cluster-Client-IP", "CF-Connecting-IP", "CF-Ray", "CDN-Loop", "Fastly-Client-IP"],
      ...["Fly-Client-IP", "X-Azure-ClientIP", "X-Amz-Cf-Id", "X-Amzn-Trace-Id", "X-ARR-SSL"],
      ...["X-Envoy-External-Address", "X-Original-Host", "Akamai-Origin-Hop"],
      ...["Tailscale-User-Login", "X-Cloud-Trace-Context", "X-Appengine-User-Ip"],
    ]
  ) assert(!isDirect(name), name);
});
