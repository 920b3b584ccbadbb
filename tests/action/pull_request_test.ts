import assert from "node:assert/strict";
import {
  actionTest,
  annotations,
  HEAD,
  JOB,
  pullRequest,
  withoutCommits,
} from "../support/action.ts";
import { cobertura, tar } from "../support/archive.ts";
import { person } from "../support/github.ts";

const MARKER = "<!-- coverage-server -->";

actionTest(
  "a pull request gets one comment, which is updated",
  async (world) => {
    const { comments } = world.github.repository("acme/shop");
    await world.upload(80);
    await world.report(75);
    const run = await world.passes(pullRequest());
    const { coverage } = JSON.parse(run.outputs.coverage_result!);
    assert.deepEqual([coverage.branch_name, coverage.commit_hash], ["dev", HEAD]);
    const { percentage, base_percentage, improvement, current_branch_name, base_branch_name } =
      run.outputs;
    assert.deepEqual(
      [percentage, base_percentage, improvement, current_branch_name, base_branch_name],
      ["75", "80", "-5.00", "dev", "main"],
    );
    for (
      const name of [
        ...["base_branch_badge_url", "current_branch_badge_url"],
        ...["base_branch_report_url", "current_branch_report_url"],
      ]
    ) {
      const page = await fetch(run.outputs[name]!);
      assert.equal(page.status, 200, name);
      await page.body?.cancel();
    }
    assert.equal(comments.length, 1);
    const [comment] = comments;
    assert.equal(comment!.user.login, "github-actions[bot]");
    assert(comment!.body.startsWith(`${MARKER}\n### Coverage\n`));
    assert.match(comment!.body, /\*\*75\.00%\*\* \| 🔴 ▼ −5\.00 \|/);
    assert.match(run.summary, /^### Coverage\n[^]*75\.00%/);
    const created = world.github.requests.find(({ method }) => method === "POST")!;
    assert.equal(created.headers["x-github-api-version"], "2022-11-28");

    await world.report(90);
    const again = await world.passes({ ...pullRequest(), event: "pull_request_target" });
    assert.equal(again.outputs.improvement, "10.00");
    assert.equal(comments.length, 1);
    assert.match(comment!.body, /\*\*90\.00%\*\* \| 🟢 ▲ \+10\.00 \|/);
  },
);

actionTest(
  "the comment is found on a later page, and others are not touched",
  async (world) => {
    const repository = world.github.repository("acme/shop");
    const foreign = repository.addComment(7, `${MARKER}\nmine`, person("mallory"));
    for (let i = 0; i < 230; i++) repository.addComment(7, `Comment ${i}`, person("ada"));
    repository.addComment(7, `I quote:\n> ${MARKER}`);
    const ours = repository.addComment(7, `${MARKER}\nof the Action before this one`);
    repository.addComment(7, "Later");
    await world.report(75);
    await world.passes(pullRequest());
    assert.equal(repository.comments.length, 234);
    assert.match(ours.body, /\*\*75\.00%\*\*/);
    assert.equal(foreign.body, `${MARKER}\nmine`);
    assert.deepEqual(
      withoutCommits(world.github).map(({ method, path }) =>
        `${method} ${path.replace(/.*\/issues/, "")}`
      ),
      [
        ...[1, 2, 3].map((page) => `GET /7/comments?per_page=100&page=${page}`),
        `PATCH /comments/${ours.id}`,
      ],
    );
  },
);

const rowsOf = (body: string) =>
  [...body.matchAll(/^\| \[<code>(\w+)<\/code>/gm)].map(([, language]) => language);

actionTest("two first jobs at once end with one comment that has both rows", async (world) => {
  const { github } = world;
  const { comments } = github.repository("acme/shop");
  await world.report(75);
  const lists = { waiting: 0, both: Promise.withResolvers<void>() };
  // Both have seen that there is no comment before one of them creates it.
  github.held = async ({ method, path }) => {
    if (method !== "GET" || !path.includes("/comments") || lists.waiting === 2) return;
    if (++lists.waiting === 2) lists.both.resolve();
    await lists.both.promise;
  };
  const runs = await Promise.all(
    ["go", "php"].map((language) => world.run({ ...pullRequest(), inputs: { language } })),
  );
  assert.deepEqual(runs.map(({ code }) => code), [0, 0], runs.map(({ output }) => output).join());
  assert.equal(github.requests.filter(({ method }) => method === "POST").length, 2);
  assert.deepEqual(comments.map(({ body }) => rowsOf(body)), [["go", "php"]]);
});

actionTest("a job that overwrites another's comment writes again", async (world) => {
  const { github } = world;
  const { comments } = github.repository("acme/shop");
  await world.report(75);
  // The other job uploads and finishes after this one has read its text, and before it is written.
  let isOther = false;
  github.held = async ({ method }) => {
    if (method !== "POST" || isOther) return;
    isOther = true;
    const other = await world.server.upload(tar([{ name: "c.xml", content: cobertura(1, 2) }]), {
      branch_name: "dev",
      commit_hash: HEAD,
      language: "php",
      coverage_xml_file_name: "c.xml",
    });
    assert.equal(other.status, 200);
    await other.body?.cancel();
  };
  await world.passes(pullRequest());
  assert.deepEqual(comments.map(({ body }) => rowsOf(body)), [["go", "php"]]);
  assert.deepEqual(withoutCommits(github).map(({ method }) => method), [
    ...["GET", "POST", "GET", "GET", "PATCH"],
  ]);
});

actionTest(
  "a base without coverage is mentioned; ui_host is used for the comment's link",
  async (world) => {
    await world.report(75);
    const inputs = { ui_host: "https://pages.test/coverages-ui/" };
    const run = await world.passes({ ...pullRequest(), inputs });
    const { base_percentage, improvement, base_branch_report_url } = run.outputs;
    assert.deepEqual([base_percentage, improvement, base_branch_report_url], ["", "", ""]);
    const { body } = world.github.repository("acme/shop").comments[0]!;
    assert.match(body, /main has no earlier upload in go\./);
    assert.match(body, /\(<https:\/\/pages\.test\/coverages-ui\/acme\/shop\/uploads\/\d+>\)/);
    assert(!body.includes(`${world.server.address}/coverages-ui/`));
  },
);

actionTest("a new comment may be missing in GitHub's next list", async (world) => {
  const { github } = world;
  const { comments } = github.repository("acme/shop");
  await world.report(75);
  const created: number[] = [];
  // GitHub reads lists from copies that may be behind.
  github.held = ({ method }) => {
    if (method === "GET") created.push(...comments.splice(0).map(({ id }) => id));
    return Promise.resolve();
  };
  const run = await world.passes(pullRequest());
  assert.equal(created.length, 1);
  assert(
    run.output.includes(
      `The comment on #7 is at https://github.com/acme/shop/pull/7#${created[0]}`,
    ),
  );
});

actionTest("a comment that GitHub stored but did not confirm is not repeated", async (world) => {
  const { github } = world;
  const repository = github.repository("acme/shop");
  await world.report(75);
  // GitHub fails after it has stored the comment.
  github.down({
    times: 1,
    when({ method, body }) {
      if (method !== "POST") return false;
      repository.addComment(7, (body as { body: string }).body);
      return true;
    },
  });
  await world.passes(pullRequest());
  assert.equal(repository.comments.length, 1);
  assert.deepEqual(withoutCommits(github).map(({ method }) => method), [
    "GET",
    "POST",
    "GET",
    "PATCH",
  ]);
});

actionTest("waits for GitHub's rate limit when it is short", async (world) => {
  const { github } = world;
  await world.report(75);
  github.rateLimited("secondary", { times: 1, retryAfter: 0 });
  github.rateLimited("primary", { times: 1, reset: 0 });
  await world.passes(pullRequest());
  assert.equal(github.repository("acme/shop").comments.length, 1);
  github.rateLimited();
  const limited = await world.passes(pullRequest());
  assert.match(annotations(limited, "notice").at(-1)!, /API rate limit exceeded.*\(403\)\.$/);
});

actionTest(
  "a job without permission to comment goes on and names the permission",
  async (world) => {
    world.github.repository("acme/shop").permissions.set(JOB, { statuses: "write" });
    await world.report(75);
    const run = await world.passes(pullRequest());
    assert.match(annotations(run, "notice").at(-1)!, /`permissions: pull-requests: write`/);
    assert.match(run.summary, /No comment was written on &#35;7: Resource not accessible/);
  },
);

actionTest(
  "any other failure of the comment fails the job after the upload",
  async (world) => {
    await world.report(75);
    world.github.down();
    const run = await world.fails(
      /^The comment on #7 was not written: .*\(503\)\.$/,
      pullRequest(),
    );
    assert.equal(run.outputs.percentage, "75");
  },
);

actionTest("a personal token writes its owner's comment", async (world) => {
  const repository = world.github.repository("acme/shop");
  const bots = repository.addComment(7, `${MARKER}\nthe job's`);
  await world.report(75);
  for (let i = 0; i < 2; i++) {
    await world.passes({ ...pullRequest(), inputs: { token: "ghp_adas" } });
  }
  assert.equal(bots.body, `${MARKER}\nthe job's`);
  assert.deepEqual(repository.comments.map(({ user }) => user.login), [
    "github-actions[bot]",
    "ada",
  ]);
});

actionTest(
  "a failed comparison fails the job with the server's message",
  async (world) => {
    const { server } = world;
    await world.report(75);
    // By the time of the comparison somebody has synced the branch away.
    server.planned.push(() => Response.json({ coverage: { percentage: 75 }, data: [] }));
    await world.fails(/acme\/shop has no coverage of branch dev in go/, pullRequest());
  },
);
