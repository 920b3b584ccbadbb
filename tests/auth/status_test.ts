import assert from "node:assert/strict";
import { readConfig } from "../../src/config.ts";
import { HttpError } from "../../src/errors.ts";
import { gzip, tar } from "../support/archive.ts";
import { startGitHub } from "../support/github.ts";
import { appWith, errorOf, report, shop, sync, TOKEN } from "../support/github_app.ts";
import { storedReports } from "../support/reports.ts";

Deno.test("a job's token sets a pending status, and the upload sets the final one", async () => {
  await using github = await startGitHub(shop);
  await using test = await appWith(github);
  let first: number | undefined;
  for (const authorization of [TOKEN, `Bearer ${TOKEN}`, `token ${TOKEN}`, `bearer  ${TOKEN}`]) {
    const response = await test.send({}, { headers: { authorization } });
    assert.equal(response.status, 200, authorization);
    first ??= (await response.json()).coverage.id;
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
    `http://coverage.test/coverages-ui/acme/shop/uploads/${first}`,
  );
  const third = github.requests[3]!.body as Record<string, unknown>;
  assert.equal(third.description, "75.00%", "the same commit is no base");
  assert(!JSON.stringify(test.log).includes(TOKEN));
});

Deno.test("STATUS_CONTEXT names the status, so that a required check keeps its name", async () => {
  await using github = await startGitHub(shop);
  for (
    const [STATUS_CONTEXT, expected] of [
      ["code coverage dashboard", "code coverage dashboard"],
      ["{language}: tests ({language})", "c++: tests (c++)"],
    ] as const
  ) {
    const { statusContext } = readConfig({ STATUS_CONTEXT });
    await using test = await appWith(github, { config: { statusContext } });
    assert.equal((await test.send({ language: "c++" })).status, 200);
    const { statuses } = github.repository("acme/shop");
    assert.deepEqual(
      statuses.splice(0).map(({ context, state }) => [context, state]),
      [[expected, "pending"], [expected, "success"]],
    );
  }
});

Deno.test("the final status compares with the main branch in the same language", async () => {
  await using github = await startGitHub(shop);
  await using test = await appWith(github);
  let commit = 1000;
  const send = async (branch_name: string, covered: number, language = "go") => {
    const body = await report(covered, 1000);
    const commit_hash = `${commit++}`.padEnd(40, "a");
    github.repository("acme/shop").commits.add(commit_hash);
    const response = await test.send({ branch_name, language, commit_hash }, { body });
    assert.equal(response.status, 200);
    return (github.requests.at(-1)!.body as Record<string, unknown>).description;
  };
  assert.equal(await send("feature", 832), "83.20%");
  assert.equal(await send("main", 828), "82.80%");
  assert.equal(await send("feature", 832), "83.20% (+0.40% against main)");
  assert.equal(await send("feature", 100, "c"), "10.00%");
  assert.equal(await send("main", 827), "82.70% (−0.10% against the upload before)");
});

Deno.test("a failed check makes the final status a failure, with the check's sentence", async () => {
  await using github = await startGitHub(shop);
  await using test = await appWith(github);
  for (
    const [fail_under, state, description] of [
      ["75", "success", "75.00%"],
      ["75.01", "failure", "Coverage is 75.00%, below the required 75.01%."],
    ]
  ) {
    const response = await test.send({ fail_under: fail_under! });
    assert.equal(response.status, 200, "the upload itself succeeds");
    const status = github.requests.at(-1)!.body as Record<string, unknown>;
    assert.deepEqual([status.state, status.description], [state, description]);
    assert.match(String(status.target_url), /\/uploads\/\d+$/);
  }
});

Deno.test("the final status says why an upload was rejected, but not the details of a bug", async () => {
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
  isBroken = true;
  const failed = await test.send();
  assert.equal(failed.status, 500);
  const [first, second] = github.repository("acme/shop").statuses
    .filter(({ state }) => state === "error")
    .toSorted((a, b) => a.id - b.id);
  assert.match(first!.description!, /^The coverage file is bad: x+…$/);
  assert.match(second!.description!, /^The server failed to answer request [0-9a-f-]{36};/);
});

Deno.test("a final status that fails is logged and does not fail the upload", async () => {
  await using github = await startGitHub(shop);
  await using test = await appWith(github);
  github.down({ when: ({ body }) => (body as { state: string }).state === "success" });
  const response = await test.send();
  assert.equal(response.status, 200);
  const [warning] = test.log.filter(({ level }) => level === "warn");
  assert.match(warning!.message, /final commit status could not be set/);
  assert.equal(warning!.fields.repository, "acme/shop");
  assert(!JSON.stringify(test.log).includes(TOKEN));
});

Deno.test("a final status replaces emoji and is retried once", async () => {
  await using github = await startGitHub(shop);
  await using test = await appWith(github);
  const body = await gzip(tar([{ name: "../😀.html", content: "x" }]));
  const refused = await test.send({}, { body });
  assert.equal(refused.status, 422);
  const { description } = github.requests.at(-1)!.body as { description: string };
  assert.match(description, /unsafe entry, "\.\.\/\?\.html"/);
  github.down({ times: 1, when: ({ body }) => (body as { state: string }).state === "success" });
  const response = await test.send();
  assert.equal(response.status, 200);
  assert.equal(github.repository("acme/shop").statuses.at(-1)!.state, "success");
  assert.deepEqual(test.log.filter(({ level }) => level === "warn"), []);
});

Deno.test("a sync before any upload leaves no error on the commit", async () => {
  await using github = await startGitHub(shop);
  await using test = await appWith(github);
  const response = await sync(test, github, TOKEN);
  assert.match(await errorOf(response, 404), /No uploads for acme\/shop yet/);
  assert.deepEqual(
    github.requests.map(({ body }) => (body as { state: string }).state),
    ["pending", "success"],
  );
});

Deno.test("sync needs the same permission as an upload and sets its own status", async () => {
  await using github = await startGitHub(shop);
  await using test = await appWith(github);
  await test.send({ branch_name: "gone" });
  await test.send();
  await errorOf(await sync(test, github, undefined), 401);
  await errorOf(await sync(test, github, "ghs_fork"), 403);
  await errorOf(await sync(test, github, TOKEN, { repo_name: "secret" }), 403);
  await errorOf(await sync(test, github, TOKEN, { commit_hash: undefined }), 422);
  const active = () => test.sql`select from coverages where deleted_at is null`;
  assert.equal((await active()).length, 2);
  assert.deepEqual(await (await sync(test, github, TOKEN)).json(), { success: "1" });
  assert.equal((await active()).length, 1);
  const { body } = github.requests.at(-1)!;
  assert.deepEqual(body, {
    state: "success",
    context: "coverage/branches",
    description: "Active branches: 1",
  });
});

Deno.test("an upload that its client aborts gets the status error", async () => {
  await using github = await startGitHub(shop);
  await using test = await appWith(github);
  const body = new ReadableStream({
    pull: (controller) => controller.error(new TypeError("connection lost")),
  });
  const response = await test.send({}, { body });
  assert.match(await errorOf(response, 400), /ended before it was complete/);
  const states = github.requests.map(({ body }) => (body as { state: string }).state);
  assert.deepEqual(states, ["pending", "error"]);
  assert.deepEqual(await storedReports(test.reports), { published: [], staged: [] });
});
