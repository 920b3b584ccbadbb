import assert from "node:assert/strict";
import { createGithub } from "../../src/auth/github.ts";
import { readConfig } from "../../src/config.ts";
import { HttpError } from "../../src/errors.ts";
import { uploadPath } from "../support/fields.ts";
import { startGitHub } from "../support/github.ts";
import { appWith, errorOf, report, SHA, shop, TOKEN } from "../support/github_app.ts";
import { logTo } from "../support/log.ts";
import { storedReports } from "../support/reports.ts";

const TARGET = { org_name: "acme", repo_name: "shop", commit_hash: SHA };
const PENDING = { context: "coverage/go", description: "The report is being processed." };

Deno.test("what GitHub refuses is refused, with what to do, and nothing is read or stored", async () => {
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

Deno.test("no request leaves for a GitHub that the operator has not named", async () => {
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
      await response.body?.cancel();
      continue;
    }
    assert.match(await errorOf(response, 422), /github_api_url is .*; it must be one of http/);
  }
  assert.equal(other.requests.length, 0);
  for (const github_api_url of [host, `${github.address}/`, github.address.toUpperCase()]) {
    const response = await test.send({ github_api_url });
    assert.equal(response.status, 200, github_api_url);
    await response.body?.cancel();
  }
});

Deno.test("fields that tell what a token is for have to be in the query", async () => {
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

Deno.test("while GitHub is down, slow or limits requests, that is what the client is told", async () => {
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
  await answered.body?.cancel();

  const release = github.slow();
  const token = createGithub({ apiUrls: [github.address], answerMs: 50, log: logTo([]) })(TOKEN);
  await assert.rejects(
    token.authorize(TARGET, PENDING),
    (error) => error instanceof HttpError && error.status === 503,
  );
  release();
});

Deno.test("a bad token is asked about once, and its client not without end", async () => {
  await using github = await startGitHub(shop);
  await using test = await appWith(github);
  const bad = { headers: { authorization: "ghs_bad" } };
  const answers = await Promise.all(Array.from({ length: 5 }, () => test.send({}, bad)));
  for (const answer of answers) await errorOf(answer, 401);
  await errorOf(await test.send({ repo_name: "other" }, bad), 401);
  assert.equal(github.requests.length, 1, "it is bad for every repository");
  for (let attempt = 6; attempt < 30; attempt++) {
    await errorOf(await test.send({}, { headers: { authorization: `ghs_${attempt}` } }), 401);
  }
  const asked = github.requests.length;
  const response = await test.send({}, { headers: { authorization: "ghs_another" } });
  assert(Number(response.headers.get("retry-after")) > 0);
  assert.match(await errorOf(response, 429), /Too many bad credentials from .*: 30/);
  assert.equal(github.requests.length, asked);
});

Deno.test("bad tokens at the same time are counted too, and a few of them are asked about at a time", async () => {
  await using github = await startGitHub(shop);
  await using test = await appWith(github);
  const release = github.slow();
  const answers = Array.from(
    { length: 100 },
    (_, index) => test.send({}, { headers: { authorization: `ghs_${index}` } }),
  );
  while (github.requests.length < 16) await new Promise((resolve) => setTimeout(resolve));
  release();
  const statuses = await Promise.all(answers.map(async (answer) => {
    const response = await answer;
    await response.body?.cancel();
    return response.status;
  }));
  assert(github.requests.length <= 30 + 16, `GitHub was asked ${github.requests.length} times`);
  assert.deepEqual(new Set(statuses), new Set([401, 429]));
});

Deno.test("a token that one GitHub does not know is still good at another", async () => {
  await using here = await startGitHub(shop);
  await using there = await startGitHub();
  const urls = `${here.address},${there.address}`;
  const { auth } = readConfig({ AUTH: "github", GITHUB_API_URLS: urls });
  await using test = await appWith(here, { config: { auth } });
  await errorOf(await test.send({ github_api_url: there.address }), 401);
  const response = await test.send();
  assert.equal(response.status, 200);
  await response.body?.cancel();
});

Deno.test("attempts are counted per client, whom only a near proxy can name", async () => {
  await using github = await startGitHub(shop);
  await using test = await appWith(github);
  const attempt = async (token: string, hostname: string, forwardedFor?: string) => {
    const request = new Request(
      `http://coverage.test${uploadPath({ commit_hash: SHA, github_api_url: github.address })}`,
      {
        method: "POST",
        body: await report(1, 2),
        headers: {
          "content-type": "application/gzip",
          authorization: token,
          ...(forwardedFor ? { "x-forwarded-for": forwardedFor } : {}),
        },
      },
    );
    const response = await test.app(request, {
      remoteAddr: { transport: "tcp", hostname, port: 5 },
    });
    await response.body?.cancel();
    return response.status;
  };
  for (let index = 0; index < 30; index++) {
    assert.equal(await attempt(`ghs_a${index}`, "10.0.0.1", `1.1.1.1, 2.2.2.2`), 401);
  }
  assert.equal(await attempt(TOKEN, "10.0.0.1", "9.9.9.9, 2.2.2.2"), 429);
  assert.equal(await attempt(TOKEN, "10.0.0.1", "2.2.2.2, 3.3.3.3"), 200);
  assert.equal(await attempt(TOKEN, "127.0.0.1", "4.4.4.4"), 200);
  for (let index = 0; index < 30; index++) {
    assert.equal(await attempt(`ghs_b${index}`, "8.8.8.8", `5.5.5.${index}`), 401);
  }
  assert.equal(await attempt(TOKEN, "8.8.8.8", "6.6.6.6"), 429);
});

Deno.test("an answer of GitHub that is no JSON, or is cut, is understood by its status", async () => {
  const answers = [
    () => new Response("<h1>Forbidden</h1>", { status: 403 }),
    () => new Response('{"message": "Bad cred', { status: 401 }),
    () => new Response("null", { status: 422 }),
    () => new Response("", { status: 502 }),
  ];
  let next = 0;
  const proxy = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => answers[next++]!(),
  );
  const apiUrls = [`http://127.0.0.1:${(proxy.addr as Deno.NetAddr).port}`];
  const token = createGithub({ apiUrls, log: logTo([]) })(TOKEN);
  for (const status of [403, 401, 422, 503]) {
    await assert.rejects(
      token.authorize(TARGET, PENDING),
      (error) => error instanceof HttpError && error.status === status,
    );
  }
  await proxy.shutdown();
  await assert.rejects(
    token.authorize(TARGET, PENDING),
    (error) => error instanceof HttpError && error.status === 503,
  );
});
