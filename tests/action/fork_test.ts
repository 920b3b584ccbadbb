import assert from "node:assert/strict";
import {
  actionTest,
  annotations,
  pullRequest,
  READ_ONLY,
  withoutCommits,
} from "../support/action.ts";

const fork = {
  ...pullRequest({ fork: "mallory", head: "main" }),
  jobToken: READ_ONLY,
};
const forbidden = () =>
  Response.json({ error: "The token may not create commit statuses." }, { status: 403 });

actionTest(
  "a fork's pull request has its own branch name, and no comment",
  async (world) => {
    await world.upload(80);
    await world.report(10);
    const run = await world.passes(fork);
    assert.equal(run.outputs.current_branch_name, "pull/7/head");
    assert.deepEqual([run.outputs.percentage, run.outputs.base_percentage], ["10", "80"]);
    assert.equal(world.github.repository("acme/shop").comments.length, 0);
    const [sentence] = annotations(run, "notice");
    assert.match(
      sentence!,
      /^No comment was written on #7: Resource not accessible by integration/,
    );
    assert.match(sentence!, /jobs of forks and of Dependabot a read-only token/);
    assert.match(run.summary, /\*\*10\.00%\*\*[^]*No comment was written/);
  },
);

actionTest("a rejected upload of a fork does not fail its job", async (world) => {
  await world.report(10);
  world.server.planned.push(forbidden);
  const run = await world.passes(fork);
  assert.match(annotations(run, "notice")[0]!, /not uploaded: The token may not create .*\(403\)/);
  assert.match(run.summary, /The report was not uploaded/);
  assert.equal(world.server.requests.length, 1);
  assert.deepEqual(withoutCommits(world.github), []);
  world.server.planned.push(forbidden);
  await world.passes({
    env: { GITHUB_ACTOR: "dependabot[bot]" },
    jobToken: READ_ONLY,
  });

  world.server.planned.push(forbidden);
  await world.fails(/The token may not create commit statuses \(403\)/, pullRequest());
  world.server.planned.push(() => Response.json({ error: "No." }, { status: 422 }));
  assert.equal((await world.run(fork)).code, 1);
});

actionTest("a fork without OIDC tokens does not fail", async (world) => {
  await world.report(10);
  const run = await world.passes({ ...fork, inputs: { auth: "oidc" } });
  assert.match(annotations(run, "notice")[0]!, /The job cannot request an OIDC token/);
  assert.equal(world.server.requests.length, 0);
});

actionTest("a pull request from a deleted fork is treated as one from a fork", async (world) => {
  await world.report(10);
  const gone = structuredClone(fork.payload) as { pull_request: { head: { repo: unknown } } };
  gone.pull_request.head.repo = null;
  const run = await world.run({ ...fork, payload: gone });
  assert.equal(run.outputs.current_branch_name, "pull/7/head");
});
