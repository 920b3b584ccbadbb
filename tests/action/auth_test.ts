import assert from "node:assert/strict";
import { actionTest, HEAD, JOB, pullRequest } from "../support/action.ts";
import type { GitHub } from "../support/github.ts";

const withGithub = ({ address }: GitHub) => ({ AUTH: "github", GITHUB_API_URLS: address });

actionTest("the job's token uploads, and the commit gets the status", async (world) => {
  const { statuses } = world.github.repository("acme/shop");
  await world.report(75);
  await world.passes();
  await world.passes(pullRequest());
  // The pull request's head, and not the commit that GitHub makes of it, which nobody sees.
  assert.deepEqual(
    statuses.map(({ sha, state }) => [sha, state]),
    ["pending", "success", "pending", "success"].map((state) => [HEAD, state]),
  );
  assert.equal(world.github.repository("acme/shop").comments.length, 1);
}, withGithub);

actionTest(
  "a token without the permission fails the job and names the permission",
  async (world) => {
    world.github.repository("acme/shop").permissions.set(JOB, { contents: "read" });
    await world.report(75);
    await world.fails(/`permissions: statuses: write`.*\(403\)\.$/);
  },
  withGithub,
);

actionTest("a report that is too large is not retried", async (world) => {
  await world.report(75);
  for (let i = 0; i < 64; i++) {
    const noise = crypto.getRandomValues(new Uint8Array(65_536));
    await Deno.writeFile(`${world.workspace}/build/${i}.bin`, noise);
  }
  await world.fails(/\(413\)\.$/);
  assert.equal(world.server.requests.length, 1);
}, (github) => ({ ...withGithub(github), MAX_UPLOAD_BYTES: "1000" }));

actionTest(
  "where reading needs a login, a pull request is compared with the job's token",
  async (world) => {
    const ask = async (address: string | undefined) => {
      const response = await fetch(address!);
      await response.body?.cancel();
      return response.status;
    };
    await world.report(80);
    const pushed = await world.passes();
    assert.equal(await ask(pushed.outputs.current_branch_badge_url), 200, "it has its token");
    await world.report(75);
    const run = await world.passes(pullRequest());
    assert.equal(run.outputs.improvement, "-5.00");
    assert.match(world.github.repository("acme/shop").comments[0]!.body, /75\.00%/);
    assert.equal(world.github.repository("acme/shop").statuses.length, 4, "two for each upload");
    assert.equal(await ask(run.outputs.current_branch_badge_url), 200, "it has its token");
    assert.equal(await ask(run.outputs.current_branch_report_url), 401);
  },
  (github) => ({
    AUTH: "github",
    UPLOAD_ACCOUNTS: "acme",
    GITHUB_API_URLS: `${github.address},https://api.github.com`,
    READ: "login",
    PUBLIC_URL: "https://coverage.test",
    LOGIN_ISSUER: "https://accounts.test",
    LOGIN_ALLOW: "*",
    LOGIN_CLIENT_ID: "coverage",
    LOGIN_CLIENT_SECRET: "secret",
    SESSION_SECRET: "s".repeat(32),
  }),
);
