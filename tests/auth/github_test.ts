import assert from "node:assert/strict";
import { createGithub } from "../../src/auth/github.ts";
import { readConfig } from "../../src/config.ts";
import { HttpError } from "../../src/http/errors.ts";
import { cobertura, gzip, tar } from "../support/archive.ts";
import { type AppOptions, type TestApp, testApp, uploadPath } from "../support/app.ts";
import { type GitHub, type GitHubOptions, startGitHub } from "../support/github.ts";
import { logTo } from "../support/log.ts";
import { storedReports } from "../support/reports.ts";

const SHA = "0123456789abcdef0123456789abcdef01234567";
const TOKEN = "ghs_job";
const shop: GitHubOptions = {
  repositories: [
    {
      owner: "acme",
      name: "shop",
      commits: [SHA],
      tokens: { [TOKEN]: { statuses: "write" }, ghs_fork: { statuses: "read" } },
      formerNames: ["acme/store"],
    },
    { owner: "acme", name: "secret", commits: [SHA], tokens: {} },
  ],
};

async function appWith(
  github: GitHub,
  options: AppOptions = {},
): Promise<
  TestApp & { send(fields?: Record<string, string>, init?: RequestInit): Promise<Response> }
> {
  const { auth } = readConfig({ AUTH: "github", GITHUB_API_URLS: github.address });
  const test = await testApp({ ...options, config: { auth, ...options.config } });
  const archive = await report(3, 4);
  return Object.assign(test, {
    send: (fields: Record<string, string> = {}, init: RequestInit = {}) =>
      test.get(
        uploadPath({ commit_hash: SHA, github_api_url: github.address, ...fields }),
        {
          method: "POST",
          body: archive,
          ...init,
          headers: {
            "content-type": "application/gzip",
            authorization: TOKEN,
            ...init.headers as Record<string, string>,
          },
        },
      ),
  });
}

async function report(covered: number, valid: number) {
  return await gzip(tar([
    { name: "index.html", content: "<h1>coverage</h1>" },
    { name: "coverage.xml", content: cobertura(covered, valid) },
  ]));
}

async function errorOf(response: Response, status: number): Promise<string> {
  const { error } = await response.json();
  assert.equal(response.status, status, JSON.stringify(error));
  return typeof error === "string" ? error : Object.values(error).join(" ");
}

Deno.test("a job's token proves itself by a pending status, which the upload then concludes", async () => {
  await using github = await startGitHub(shop);
  await using test = await appWith(github);
  for (const authorization of [TOKEN, `Bearer ${TOKEN}`, `token ${TOKEN}`, `bearer  ${TOKEN}`]) {
    const response = await test.send({}, { headers: { authorization } });
    assert.equal(response.status, 200, authorization);
    await response.body?.cancel();
  }
  const { statuses } = github.repository("acme/shop");
  assert.deepEqual(statuses.map(({ state }) => state).sort(), [
    ...Array(4).fill("pending"),
    ...Array(4).fill("success"),
  ]);
  const pending = github.requests[0]!.body as Record<string, unknown>;
  const final = github.requests[1]!.body as Record<string, unknown>;
  assert.equal(pending.state, "pending");
  assert.equal(final.context, "coverage/go");
  assert.equal(final.description, "75.00%");
  assert.equal(
    final.target_url,
    "http://coverage.test/coverages-api/assets/acme/shop/main/go/archive/index.html",
  );
  const third = github.requests[3]!.body as Record<string, unknown>;
  assert.equal(third.description, "75.00% (0.00% against the upload before)");
  assert(!JSON.stringify(test.log).includes(TOKEN));
});

Deno.test("the final status compares a branch with the main one, in the same language", async () => {
  await using github = await startGitHub(shop);
  await using test = await appWith(github);
  const send = async (branch_name: string, covered: number, language = "go") => {
    const body = await report(covered, 1000);
    const response = await test.send({ branch_name, language }, { body });
    assert.equal(response.status, 200);
    await response.body?.cancel();
    return (github.requests.at(-1)!.body as Record<string, unknown>).description;
  };
  assert.equal(await send("feature", 832), "83.20%");
  assert.equal(await send("main", 828), "82.80%");
  assert.equal(await send("feature", 832), "83.20% (+0.40% against main)");
  assert.equal(await send("feature", 100, "c"), "10.00%");
  assert.equal(await send("main", 827), "82.70% (−0.10% against the upload before)");
});

Deno.test("a refused upload is concluded with the reason, and a failed one with nothing of the server", async () => {
  await using github = await startGitHub(shop);
  let isBroken = false;
  await using test = await appWith(github, {
    readCoverage: () => {
      if (isBroken) throw new TypeError("a bug with a secret");
      return Promise.reject(new HttpError(422, `The coverage file is bad: ${"x".repeat(300)}`));
    },
  });
  const refused = await test.send();
  assert.equal(refused.status, 422);
  await refused.body?.cancel();
  isBroken = true;
  const failed = await test.send();
  assert.equal(failed.status, 500);
  await failed.body?.cancel();
  const [first, second] = github.repository("acme/shop").statuses
    .filter(({ state }) => state === "error")
    .toSorted((a, b) => a.id - b.id);
  assert.match(first!.description!, /^The coverage file is bad: x+…$/);
  assert.equal(second!.description, "The coverage server failed.");
});

Deno.test("what GitHub refuses is refused, with what to do, and nothing is read or stored", async () => {
  await using github = await startGitHub(shop);
  await using test = await appWith(github);
  const cases: [Record<string, string>, string, number, RegExp][] = [
    [{}, "ghs_unknown", 401, /does not accept the token: Bad credentials/],
    [{}, "ghs_fork", 403, /may not create commit statuses .* statuses: write/],
    [{ repo_name: "secret" }, TOKEN, 403, /knows no acme\/secret that the token may write to/],
    [{ repo_name: "nothing" }, TOKEN, 403, /knows no acme\/nothing/],
    [
      { commit_hash: "f".repeat(40) },
      TOKEN,
      422,
      /takes no status for it in acme\/shop: No commit found/,
    ],
    [{ repo_name: "store" }, TOKEN, 422, /acme\/store has another name/],
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
  assert.deepEqual(Object.keys(error), ["org_name", "commit_hash"]);
  assert.equal(github.requests.length, 0);
});

Deno.test("while GitHub is down, slow or limits requests, that is what the client is told", async () => {
  await using github = await startGitHub(shop);
  await using test = await appWith(github);
  github.down();
  const down = await test.send();
  assert.equal(down.headers.get("retry-after"), "5");
  assert.match(await errorOf(down, 503), /failed \(503\); try again/);
  github.up();
  github.rateLimited("primary", { reset: Math.ceil(Date.now() / 1000) + 100 });
  const limited = await test.send();
  assert(Number(limited.headers.get("retry-after")) > 90);
  assert.match(await errorOf(limited, 429), /takes no more requests/);
  github.up();
  github.rateLimited("secondary", { retryAfter: 7 });
  const secondary = await test.send();
  assert.equal(secondary.headers.get("retry-after"), "7");
  assert.match(await errorOf(secondary, 429), /takes no more requests/);
  github.up();
  const answered = await test.send();
  assert.equal(answered.status, 200, "none of it is remembered");
  await answered.body?.cancel();

  const release = github.slow();
  const token = createGithub({ apiUrls: [github.address], answerMs: 50, log: logTo([]) })(TOKEN);
  await assert.rejects(
    token.permit({
      org_name: "acme",
      repo_name: "shop",
      commit_hash: SHA,
      context: "coverage/go",
      beginning: "It is on its way.",
    }),
    (error) => error instanceof HttpError && error.status === 503,
  );
  release();
});

Deno.test("a final status that fails is logged, and the upload is done all the same", async () => {
  await using github = await startGitHub(shop);
  await using test = await appWith(github);
  github.down({ when: ({ body }) => (body as { state: string }).state === "success" });
  const response = await test.send();
  assert.equal(response.status, 200);
  await response.body?.cancel();
  const [warning] = test.log.filter(({ level }) => level === "warn");
  assert.match(warning!.message, /final status could not be set/);
  assert.equal(warning!.fields.repository, "acme/shop");
  assert(!JSON.stringify(test.log).includes(TOKEN));
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
  assert.match(await errorOf(response, 429), /30 attempts with bad credentials/);
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

Deno.test("a final status has no character that GitHub refuses, and is tried once more", async () => {
  await using github = await startGitHub(shop);
  await using test = await appWith(github);
  const body = await gzip(tar([{ name: "../😀.html", content: "x" }]));
  const refused = await test.send({}, { body });
  assert.equal(refused.status, 422);
  await refused.body?.cancel();
  const { description } = github.requests.at(-1)!.body as { description: string };
  assert.match(description, /unsafe entry, "\.\.\/\?\.html"/);
  github.down({ times: 1, when: ({ body }) => (body as { state: string }).state === "success" });
  const response = await test.send();
  assert.equal(response.status, 200);
  await response.body?.cancel();
  assert.equal(github.repository("acme/shop").statuses.at(-1)!.state, "success");
  assert.deepEqual(test.log.filter(({ level }) => level === "warn"), []);
});

Deno.test("a sync of what was never uploaded leaves no error on the commit", async () => {
  await using github = await startGitHub(shop);
  await using test = await appWith(github);
  const response = await test.get("/coverages-api", {
    method: "PUT",
    body: JSON.stringify({
      org_name: "acme",
      repo_name: "shop",
      commit_hash: SHA,
      github_api_url: github.address,
      active_branches: ["main"],
    }),
    headers: { authorization: TOKEN },
  });
  assert.match(await errorOf(response, 404), /Nothing was ever uploaded/);
  assert.deepEqual(
    github.requests.map(({ body }) => (body as { state: string }).state),
    ["pending", "success"],
  );
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

Deno.test("sync needs what an upload needs, and concludes its own status", async () => {
  await using github = await startGitHub(shop);
  await using test = await appWith(github);
  await (await test.send({ branch_name: "gone" })).body?.cancel();
  await (await test.send()).body?.cancel();
  const sync = (authorization?: string, fields: Record<string, unknown> = {}) =>
    test.get("/coverages-api", {
      method: "PUT",
      body: JSON.stringify({
        org_name: "acme",
        repo_name: "shop",
        commit_hash: SHA,
        github_api_url: github.address,
        active_branches: ["main"],
        ...fields,
      }),
      headers: authorization ? { authorization } : {},
    });
  await errorOf(await sync(), 401);
  await errorOf(await sync("ghs_fork"), 403);
  await errorOf(await sync(TOKEN, { repo_name: "secret" }), 403);
  await errorOf(await sync(TOKEN, { commit_hash: undefined }), 422);
  const active = () => test.sql`select from coverages where deleted_at is null`;
  assert.equal((await active()).length, 2);
  assert.deepEqual(await (await sync(TOKEN)).json(), { success: "1" });
  assert.equal((await active()).length, 1);
  const { body } = github.requests.at(-1)!;
  assert.deepEqual(body, {
    state: "success",
    context: "coverage/branches",
    description: "Active branches: 1",
  });
});
