import assert from "node:assert/strict";
import { createGithub } from "../../src/auth/github.ts";
import { readConfig } from "../../src/config.ts";
import { HttpError } from "../../src/errors.ts";
import { uploadPath } from "../support/fields.ts";
import { startGitHub } from "../support/github.ts";
import { appWith, errorOf, report, SHA, shop, TOKEN } from "../support/github_app.ts";
import type { App } from "../../src/server.ts";
import { logTo } from "../support/log.ts";
import { storedReports } from "../support/reports.ts";
import { serve } from "../support/serve.ts";

const TARGET = { org_name: "acme", repo_name: "shop", commit_hash: SHA };
const PENDING = { context: "coverage/go", description: "The report is being processed." };

Deno.test("what GitHub rejects is rejected with advice before the body is read", async () => {
  await using github = await startGitHub(shop);
  await using test = await appWith(github);
  const cases: [Record<string, string>, string, number, RegExp][] = [
    [{}, "ghs_unknown", 401, /does not accept the token: Bad credentials/],
    [{}, "ghs_fork", 403, /may not create commit statuses .* statuses: write/],
    [
      { repo_name: "secret" },
      TOKEN,
      403,
      /acme\/secret was not found at .*, or the token cannot write to it/,
    ],
    [{ repo_name: "nothing" }, TOKEN, 403, /acme\/nothing was not found/],
    [
      { commit_hash: "f".repeat(40) },
      TOKEN,
      422,
      /accepts no status for it in acme\/shop: No commit found/,
    ],
    // It stays one segment of GitHub's address, so it leads to no other repository.
    [{ commit_hash: `../../shop/statuses/${SHA}` }, TOKEN, 422, /in acme\/shop: sha must be/],
    [{ repo_name: "store" }, TOKEN, 422, /acme\/store was renamed/],
  ];
  for (const [fields, authorization, status, sentence] of cases) {
    let isRead = false;
    const body = new ReadableStream({
      pull(controller) {
        isRead = true;
        controller.close();
      },
    }, { highWaterMark: 0 });
    const response = await test.send(fields, { body, headers: { authorization } });
    assert.match(await errorOf(response, status), sentence);
    assert(!isRead, "the body was not read");
  }
  assert.deepEqual(await storedReports(test.reports), { published: [], staged: [] });
  assert.equal((await test.sql`select from repositories`).length, 0);
});

Deno.test("only the configured GitHub addresses are requested", async () => {
  await using github = await startGitHub(shop);
  await using other = await startGitHub(shop);
  await using test = await appWith(github);
  const { host, port } = new URL(github.address);
  for (
    const github_api_url of [
      other.address,
      `http://127.0.0.1:${Number(port) + 1}`,
      `http://${host}.evil.example`,
      `http://${host}@${new URL(other.address).host}`,
      `http://user@${host}`,
      `http://${host}/x`,
      `http://${host}/../x`,
      `http://${host}?x`,
      `http://${host}#`,
      `https://${host}`,
      `http:\\\\${host}`,
      ` ${github.address}`,
      `http://localhost:${port}`,
      `http://2130706433:${port}`,
      "http://169.254.169.254",
      "",
    ]
  ) {
    const response = await test.send({ github_api_url });
    if (github_api_url === "") {
      // An empty field is a missing one, and one GitHub is no choice.
      assert([200, 422].includes(response.status));
      continue;
    }
    assert.match(await errorOf(response, 422), /github_api_url is .*; it must be one of http/);
  }
  assert.equal(other.requests.length, 0);
  for (const github_api_url of [host, `${github.address}/`, github.address.toUpperCase()]) {
    const response = await test.send({ github_api_url });
    assert.equal(response.status, 200, github_api_url);
  }
});

Deno.test("the fields that a credential is checked for must be in the query", async () => {
  await using github = await startGitHub(shop);
  await using test = await appWith(github);
  const form = new FormData();
  form.set("file", new Blob([await report(1, 2)]), "report.tar.gz");
  form.set("org_name", "acme");
  const response = await test.get("/coverages-api?repo_name=shop", {
    method: "POST",
    body: form,
    headers: { authorization: TOKEN },
  });
  const { error } = await response.json();
  assert.equal(response.status, 422);
  assert.deepEqual(Object.keys(error), ["org_name", "commit_hash", "language"]);
  assert.equal(github.requests.length, 0);
});

Deno.test("uploads get 503 or 429 while GitHub is down, slow or rate limited", async () => {
  await using github = await startGitHub(shop);
  await using test = await appWith(github);
  github.down();
  const down = await test.send();
  assert.equal(down.headers.get("retry-after"), "5");
  assert.match(await errorOf(down, 503), /failed \(503\)\. Retry/);
  github.up();
  github.rateLimited("primary", { reset: Math.ceil(Date.now() / 1000) + 100 });
  const limited = await test.send();
  assert(Number(limited.headers.get("retry-after")) > 90);
  assert.match(await errorOf(limited, 429), /accepts no more requests/);
  github.up();
  github.rateLimited("secondary", { retryAfter: 7 });
  const secondary = await test.send();
  assert.equal(secondary.headers.get("retry-after"), "7");
  assert.match(await errorOf(secondary, 429), /accepts no more requests/);
  github.up();
  const answered = await test.send();
  assert.equal(answered.status, 200, "none of it is remembered");

  const release = github.slow();
  const token = createGithub({ apiUrls: [github.address], answerMs: 50, log: logTo([]) })(TOKEN);
  await assert.rejects(
    token.authorize(TARGET, PENDING),
    (error) => error instanceof HttpError && error.status === 503,
  );
  release();
});

Deno.test("a bad token is checked once and does not block a good one", async () => {
  await using github = await startGitHub(shop);
  await using test = await appWith(github);
  const bad = { headers: { authorization: "ghs_bad" } };
  const answers = await Promise.all(Array.from({ length: 5 }, () => test.send({}, bad)));
  for (const answer of answers) await errorOf(answer, 401);
  await errorOf(await test.send({ repo_name: "other" }, bad), 401);
  assert.equal(github.requests.length, 1, "it is bad for every repository");
  for (let attempt = 1; attempt < 30; attempt++) {
    await errorOf(await test.send({}, { headers: { authorization: `ghs_${attempt}` } }), 401);
  }
  const good = await test.send();
  assert.equal(good.status, 200, "it waits a second at most");
});

Deno.test("requests to GitHub for unknown tokens are limited per address and in total", async () => {
  for (const addresses of [1, 200]) {
    await using github = await startGitHub(shop);
    await using test = await appWith(github);
    await test.send();
    const before = github.requests.length;
    const [response, connection] = await requestFrom(github, 0, TOKEN);
    const statuses = await Promise.all(Array.from({ length: 200 }, async (_, index) => {
      const response = await test.app(
        ...await requestFrom(github, index % addresses, `ghs_${index}`),
      );
      return response.status;
    }));
    const asked = github.requests.length - before;
    assert(asked <= 80, `GitHub was asked ${asked} times by ${addresses}`);
    assert.deepEqual(new Set(statuses), new Set([401, 429]));
    const good = await test.app(response, connection);
    assert.equal(good.status, 200, "a token that was good passes all the same");
  }
});

async function requestFrom(
  github: { address: string },
  address: number,
  token: string,
): Promise<Parameters<App>> {
  const fields = { commit_hash: SHA, github_api_url: github.address };
  const request = new Request(`http://coverage.test${uploadPath(fields)}`, {
    method: "POST",
    body: await report(1, 2),
    headers: { "content-type": "application/gzip", authorization: token },
  });
  const hostname = `192.0.${address >> 8}.${address & 255}`;
  return [request, { remoteAddr: { transport: "tcp", hostname, port: 5 } }];
}

Deno.test("a token unknown to one GitHub is still valid at another", async () => {
  await using here = await startGitHub(shop);
  await using there = await startGitHub();
  const urls = `${here.address},${there.address}`;
  const { auth } = readConfig({ AUTH: "github", GITHUB_API_URLS: urls });
  await using test = await appWith(here, { config: { auth } });
  await errorOf(await test.send({ github_api_url: there.address }), 401);
  const response = await test.send();
  assert.equal(response.status, 200);
});

/** More than any memory has. */
function endless(): ReadableStream {
  return new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) });
}

Deno.test("an answer of GitHub that is truncated, endless or not JSON counts by its status", async () => {
  const answers = [
    () => new Response("<h1>Forbidden</h1>", { status: 403 }),
    () => new Response('{"message": "Bad cred', { status: 401 }),
    () => new Response("null", { status: 422 }),
    () => new Response("", { status: 502 }),
    () => new Response(`{"message": "${"x".repeat(1024 * 1024)}"}`, { status: 403 }),
    () => new Response(endless(), { status: 403 }),
    () => new Response(endless(), { status: 201 }),
  ];
  let next = 0;
  const proxy = serve(() => answers[next++]!());
  const apiUrls = [proxy.address];
  const token = createGithub({ apiUrls, log: logTo([]) })(TOKEN);
  for (const status of [403, 401, 422, 503, 403, 403]) {
    await assert.rejects(
      token.authorize(TARGET, PENDING),
      (error) => error instanceof HttpError && error.status === status,
    );
  }
  await token.authorize(TARGET, PENDING);
  await proxy[Symbol.asyncDispose]();
  await assert.rejects(
    token.authorize(TARGET, PENDING),
    (error) => error instanceof HttpError && error.status === 503,
  );
});
