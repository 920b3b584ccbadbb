import assert from "node:assert/strict";
import { ConfigError, readConfig } from "../src/config.ts";
import { OperatorError } from "../src/errors.ts";

function sentences(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    assert(error instanceof ConfigError && error instanceof OperatorError);
    return error.sentences;
  }
  throw new Error("no ConfigError");
}

Deno.test("readConfig reads settings, and treats an empty variable as unset", () => {
  const config = readConfig({
    HOST: "0.0.0.0",
    PORT: "0",
    PUBLIC_URL: "https://coverage.example.com/",
    DATABASE_URL: "postgres://user@host/name",
    MAX_UPLOAD_BYTES: "5",
    AUTH: "none",
    LOG_LEVEL: "",
  });
  assert.equal(config.host, "0.0.0.0");
  assert.equal(config.port, 0);
  assert.equal(config.publicUrl, "https://coverage.example.com");
  assert.equal(config.databaseUrl, "postgres://user@host/name");
  assert.equal(config.limits.maxUploadBytes, 5);
  assert.equal(config.auth.methods.size, 0);
  assert.equal(config.logLevel, "info");
});

Deno.test("readConfig reports each bad variable with its value and what is allowed", () => {
  const said = sentences({ PORT: "70000", LOG_LEVEL: "loud", PUBLIC_URL: "example.com" });
  assert.deepEqual(said, [
    'PORT is "70000"; must be a whole number from 0 to 65535.',
    'PUBLIC_URL is "example.com"; must be an address like https://coverage.example.com.',
    'LOG_LEVEL is "loud"; must be one of debug, info, warning, error.',
  ]);
});

Deno.test("readConfig requires REPORTS_URL to be an origin that shares no cookie with PUBLIC_URL", () => {
  const urls = { PUBLIC_URL: "https://cov.example.com/x", REPORTS_URL: "https://Rep.example.com/" };
  assert.equal(
    readConfig({ ...urls, UPLOAD_ACCOUNTS: "acme" }).reportsUrl,
    "https://rep.example.com",
  );
  const cases: [Record<string, string>, RegExp][] = [
    [{ REPORTS_URL: "https://rep.example.com/x" }, /without a path/],
    [{ PUBLIC_URL: "" }, /needs PUBLIC_URL/],
    [{ REPORTS_URL: "https://cov.example.com:8443" }, /has the host of PUBLIC_URL/],
    [{ REPORTS_URL: "https://*.example.com" }, /has the host of PUBLIC_URL/],
    [{ REPORTS_URL: "http://rep.example.com" }, /must be https/],
  ];
  for (const [changed, said] of cases) {
    assert.match(sentences({ ...urls, UPLOAD_ACCOUNTS: "acme", ...changed }).join(" "), said);
  }
  const local = { PUBLIC_URL: "http://127.0.0.1:3000", REPORTS_URL: "http://r.localhost:3000" };
  assert.equal(readConfig(local).reportsUrl, "http://r.localhost:3000");
});

Deno.test("readConfig never repeats a database's address, which may hold a password", () => {
  const [sentence] = sentences({ DATABASE_URL: "mysql://root:secret@host/db" });
  assert(sentence!.startsWith("DATABASE_URL must be"));
  assert(!sentence!.includes("secret"));
  assert.equal(sentences({ DATABASE_URL: "postgres://u:s%ZZ@host/db" }).length, 1);
});

Deno.test("readConfig trusts this machine where nobody else can reach the server and AUTH is unset", () => {
  for (const reachable of [{ HOST: "0.0.0.0" }, { PUBLIC_URL: "https://coverage.example.com" }]) {
    const { methods, local } = readConfig({ ...reachable, UPLOAD_ACCOUNTS: "acme" }).auth;
    assert.deepEqual([[...methods], local], [["github"], false]);
  }
  assert.equal(readConfig({ HOST: "::1", PUBLIC_URL: "http://[::1]:3000" }).auth.local, true);
  assert.equal(readConfig({ AUTH: "github" }).auth.local, false);
});

Deno.test("readConfig accepts several kinds of credentials together, or none", () => {
  const entry = `acme/*:${"AB".repeat(32)}`;
  const { auth } = readConfig({
    AUTH: "github, oidc,token",
    UPLOAD_ACCOUNTS: "acme, acme-labs/*\nother/Shop",
    GITHUB_API_URLS: "https://api.github.com, HTTPS://ghe.example.com/api/v3/",
    PUBLIC_URL: "https://coverage.example.com/",
    UPLOAD_TOKENS: `${entry}\n*:${"0".repeat(64)}`,
  });
  assert.deepEqual([...auth.methods], ["github", "oidc", "token"]);
  assert.deepEqual(auth.githubApiUrls, [
    "https://api.github.com",
    "https://ghe.example.com/api/v3",
  ]);
  assert.deepEqual(auth.oidcAudiences, ["https://coverage.example.com"]);
  assert.deepEqual(auth.uploadAccounts, ["acme/*", "acme-labs/*", "other/Shop"]);
  assert.deepEqual(auth.uploadTokens, [
    { scope: "acme/*", sha256: "ab".repeat(32) },
    { scope: "*", sha256: "0".repeat(64) },
  ]);
  const below = readConfig({
    AUTH: "oidc",
    UPLOAD_ACCOUNTS: "*",
    PUBLIC_URL: "https://Host.example:443/Coverage/",
    OIDC_ISSUERS: "https://ID.example.com/Tenant-A/",
  }).auth;
  assert.deepEqual(below.oidcAudiences, [
    "https://Host.example:443/Coverage",
    "https://host.example",
  ]);
  assert.deepEqual(below.oidcIssuers, ["https://id.example.com/Tenant-A"]);
  const cases: [Record<string, string>, RegExp][] = [
    [{ AUTH: "none,github" }, /AUTH is "none,github"; must be none, or a list/],
    [{ AUTH: "password" }, /AUTH is "password"/],
    [{ AUTH: "oidc" }, /neither OIDC_AUDIENCE nor PUBLIC_URL/],
    [{ AUTH: "token" }, /UPLOAD_TOKENS is unset/],
    [{ HOST: "0.0.0.0" }, /UPLOAD_ACCOUNTS is unset, so every account of GitHub could upload/],
    [{ AUTH: "oidc", PUBLIC_URL: "https://coverage.example.com" }, /UPLOAD_ACCOUNTS is unset/],
    [{ AUTH: "none", UPLOAD_ACCOUNTS: "acme" }, /AUTH has neither github nor oidc/],
    [{ UPLOAD_ACCOUNTS: "acme/shop/x" }, /UPLOAD_ACCOUNTS is .* must be a list of accounts/],
    [{ UPLOAD_ACCOUNTS: "*/shop" }, /UPLOAD_ACCOUNTS is /],
    [{ UPLOAD_TOKENS: entry }, /AUTH does not have token/],
    [{ AUTH: "token", UPLOAD_TOKENS: "acme:secret" }, /^UPLOAD_TOKENS must be a list/],
    [{ GITHUB_API_URLS: "https://user@api.github.com" }, /GITHUB_API_URLS is .* must be addresses/],
    [{ GITHUB_URL: "https://github.com/?x" }, /GITHUB_URL is .* must be an address like/],
    [{ GITHUB_API_URLS: "ftp://api.github.com" }, /must be addresses/],
    [
      { OIDC_ISSUERS: "token.actions.githubusercontent.com" },
      /OIDC_ISSUERS is .* must be addresses/,
    ],
  ];
  for (const [environment, sentence] of cases) {
    const [first] = sentences(environment);
    assert.match(first!, sentence);
    assert(!first!.includes("secret"));
  }
});

const LOGIN = {
  READ: "login",
  UPLOAD_ACCOUNTS: "acme",
  PUBLIC_URL: "https://coverage.example.com",
  LOGIN_ISSUER: "https://accounts.example.com",
  LOGIN_ALLOW: "Ada@Example.com, example.org,group:Core Team",
  LOGIN_CLIENT_ID: "coverage",
  LOGIN_CLIENT_SECRET: "client secret",
  SESSION_SECRET: `${"a".repeat(32)},${"b".repeat(32)}`,
};

Deno.test("readConfig reads the settings of a login", () => {
  assert.deepEqual(readConfig(LOGIN).login, {
    issuer: "https://accounts.example.com",
    provider: "accounts.example.com",
    clientId: "coverage",
    clientSecret: "client secret",
    allow: ["ada@example.com", "@example.org", "group:Core Team"],
    githubOrgs: [],
    secrets: ["a".repeat(32), "b".repeat(32)],
    sessionHours: 12,
    readTokens: [],
    publicUrl: "https://coverage.example.com",
  });
  const { LOGIN_ISSUER: _, LOGIN_ALLOW: __, ...others } = LOGIN;
  const { login } = readConfig({ ...others, LOGIN_GITHUB_ORGS: "acme,acme-labs" });
  assert.deepEqual([login!.provider, login!.issuer], ["GitHub", undefined]);
});

Deno.test("readConfig refuses a login that is half configured, in one sentence", () => {
  const cases: [changes: Record<string, string>, sentence: RegExp][] = [
    [{ READ: "" }, /^READ is open, so that everybody can read, and LOGIN_ISSUER, .* must be unset/],
    [{ PUBLIC_URL: "" }, /PUBLIC_URL must be an address with https, or of this machine\.$/],
    [{ PUBLIC_URL: "http://coverage.example.com" }, /PUBLIC_URL must be an address with https/],
    [{ LOGIN_ISSUER: "" }, /one of LOGIN_ISSUER and LOGIN_GITHUB_ORGS must be set\.$/],
    [{ LOGIN_GITHUB_ORGS: "acme" }, /one of LOGIN_ISSUER and LOGIN_GITHUB_ORGS must be set\.$/],
    [{ LOGIN_ISSUER: "http://accounts.example.com" }, /LOGIN_ISSUER must be an address with https/],
    [{ LOGIN_ALLOW: "" }, /LOGIN_ALLOW must be set with LOGIN_ISSUER/],
    [
      { LOGIN_ISSUER: "", LOGIN_GITHUB_ORGS: "acme" },
      /LOGIN_ALLOW must be set with .*only with it/,
    ],
    [
      { LOGIN_ISSUER: "", LOGIN_GITHUB_ORGS: "acme", GITHUB_URL: "https://gitlab.com" },
      /LOGIN_GITHUB_ORGS needs a GitHub at GITHUB_URL/,
    ],
    [{ LOGIN_CLIENT_SECRET: "" }, /LOGIN_CLIENT_SECRET and SESSION_SECRET must be set/],
    [{ SESSION_SECRET: "" }, /LOGIN_CLIENT_SECRET and SESSION_SECRET must be set/],
    [{ SESSION_SECRET: "short" }, /^SESSION_SECRET must be a random text of at least 32 char/],
    [{ SESSION_SECRET: "a".repeat(32) + "," }, /^SESSION_SECRET must be a random text/],
    [{ LOGIN_ALLOW: "ada" }, /^LOGIN_ALLOW is "ada"; must be a list like ada@example\.com/],
    [{ READ_TOKENS: "acme:x" }, /^READ_TOKENS must be a list of <scope>:<sha256 of the token>/],
  ];
  for (const [changes, sentence] of cases) {
    const said = sentences({ ...LOGIN, ...changes });
    assert.match(said[0]!, sentence);
    assert.equal(said.length, 1, said.join(" "));
  }
});

const BUCKET = {
  S3_URL: "https://s3.example.com:9000/coverage/team/reports/",
  AWS_ACCESS_KEY_ID: "id",
  AWS_SECRET_ACCESS_KEY: "secret",
};

Deno.test("readConfig takes a bucket, path-style or of AWS", () => {
  const key = { accessKeyId: "id", secretAccessKey: "secret", sessionToken: undefined };
  const cacheBytes = 10 * 2 ** 30;
  assert.deepEqual(readConfig(BUCKET).bucket, {
    url: "https://s3.example.com:9000/coverage",
    prefix: "team/reports/",
    region: "us-east-1",
    ...key,
    cacheBytes,
  });
  const aws = { ...BUCKET, S3_URL: "s3://my.bucket", S3_REGION: "eu-central-1", CACHE_BYTES: "7" };
  assert.deepEqual(readConfig({ ...aws, AWS_SESSION_TOKEN: "token" }).bucket, {
    url: "https://s3.eu-central-1.amazonaws.com/my.bucket",
    prefix: "",
    region: "eu-central-1",
    ...key,
    sessionToken: "token",
    cacheBytes: 7,
  });
  assert.equal(readConfig({ AWS_ACCESS_KEY_ID: "of another program" }).bucket, undefined);
  assert.equal(
    readConfig({ ...BUCKET, S3_URL: "http://[::1]:9000/coverage" }).bucket!.url,
    "http://[::1]:9000/coverage",
  );
});

Deno.test("readConfig refuses a bucket that is half configured, without its secret", () => {
  const cases: [changes: Record<string, string>, sentence: RegExp][] = [
    ...[
      ...["coverage", "s3:/coverage", "s3://", "https://s3.example.com", "ftp://s3.example.com/b"],
      ...["https://secret@s3.example.com/bucket", "https://s3.example.com/bucket?secret"],
      ...["https://s3.example.com/bucket/../other", "https://s3.example.com:port/bucket"],
    ].map((S3_URL): [Record<string, string>, RegExp] => [
      { S3_URL },
      /^S3_URL must be an address like https:\/\/s3\.example\.com\/bucket\/prefix or s3:/,
    ]),
    [{ S3_REGION: "EU West" }, /^S3_REGION is "EU West"; must be the name of a region/],
    [{ CACHE_BYTES: "10 GiB" }, /^CACHE_BYTES is "10 GiB"; must be a whole number/],
    [{ AWS_ACCESS_KEY_ID: "" }, /AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set\.$/],
    [{ AWS_SECRET_ACCESS_KEY: "" }, /AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set\.$/],
    [{ S3_URL: "s3://bucket", S3_REGION: "auto" }, /^S3_REGION is auto, and S3_URL is of AWS/],
    [{ S3_URL: "", CACHE_BYTES: "1" }, /^S3_URL is unset, so CACHE_BYTES must be unset\.$/],
  ];
  for (const [changes, sentence] of cases) {
    const said = sentences({ ...BUCKET, ...changes });
    assert.match(said[0]!, sentence);
    assert.equal(said.length, 1, said.join(" "));
    assert(!said[0]!.includes("secret"));
  }
});
