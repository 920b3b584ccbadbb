import assert from "node:assert/strict";
import { join } from "node:path";
import { parse } from "yaml";
import { type GitRepository } from "../support/git.ts";
import { seed } from "../support/seed.ts";
import { startCommentHost } from "./comment_host.ts";
import {
  addScript,
  API,
  arrived,
  assertSucceeded,
  AUTHOR,
  BRANCH,
  checkout,
  type JobServer,
  jobTest,
  list,
  PERCENTAGE,
  run,
  runScript,
  serverWithToken,
} from "./job.ts";
import { readDocument, recipe, recipes, scriptOf, toolRecipes } from "./recipes.ts";

const SCRIPT = "The script";
const BY_HAND = "By hand";
const SYNC = "Deleted branches";
const ACTION = "GitHub Actions";
const CHECKS = "Changed lines with the script";

/** Recipes that upload, and how a CI system runs their lines; Azure sets no -e. */
const SHELLS: Record<string, string[]> = {
  "coverage-server upload": ["sh", "-e"],
  [BY_HAND]: ["sh", "-e"],
  "GitLab CI": ["bash", "-e"],
  "Bitbucket Pipelines": ["bash", "-e"],
  "Azure Pipelines": ["bash", "--noprofile", "--norc"],
  Jenkins: ["sh", "-xe"],
  CircleCI: ["bash", "-eo", "pipefail"],
  Buildkite: ["bash", "-e"],
};

/** Variables of a pull request, where `host` is the API of the comments. */
const PULL_REQUESTS: Record<string, (host: string, commit: string) => Record<string, string>> = {
  "GitLab CI": (host, commit) => ({
    GITLAB_CI: "true",
    CI_PROJECT_NAMESPACE: "acme",
    CI_PROJECT_NAME: "shop",
    CI_COMMIT_REF_NAME: BRANCH,
    CI_COMMIT_SHA: commit,
    CI_API_V4_URL: `${host}/api/v4`,
    CI_MERGE_REQUEST_PROJECT_ID: "42",
    CI_MERGE_REQUEST_IID: "7",
    CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "main",
  }),
  "Bitbucket Pipelines": (host, commit) => ({
    BITBUCKET_BUILD_NUMBER: "1",
    BITBUCKET_WORKSPACE: "acme",
    BITBUCKET_REPO_SLUG: "shop",
    BITBUCKET_BRANCH: BRANCH,
    BITBUCKET_COMMIT: commit,
    BITBUCKET_API_URL: `${host}/2.0`,
    BITBUCKET_PR_ID: "7",
    BITBUCKET_PR_DESTINATION_BRANCH: "main",
  }),
  "Azure Pipelines": (host, commit) => ({
    TF_BUILD: "True",
    SYSTEM_TEAMPROJECT: "acme",
    BUILD_REPOSITORY_NAME: "shop",
    BUILD_SOURCEBRANCH: `refs/heads/${BRANCH}`,
    BUILD_SOURCEVERSION: commit,
    SYSTEM_COLLECTIONURI: `${host}/acme/`,
    SYSTEM_TEAMPROJECTID: "42",
    BUILD_REPOSITORY_ID: "43",
    BUILD_REPOSITORY_PROVIDER: "TfsGit",
    SYSTEM_PULLREQUEST_PULLREQUESTID: "7",
    SYSTEM_PULLREQUEST_SOURCEBRANCH: `refs/heads/${BRANCH}`,
    SYSTEM_PULLREQUEST_SOURCECOMMITID: commit,
    SYSTEM_PULLREQUEST_TARGETBRANCH: "refs/heads/main",
  }),
};

Deno.test("every block of docs/ci.md is run or read by a test", async () => {
  const ofTools = (await toolRecipes()).map(({ name }) => name);
  const names = (await recipes()).map(({ name }) => name).filter((name) => !ofTools.includes(name));
  const known = [...Object.keys(SHELLS), SCRIPT, SYNC, ACTION, CHECKS];
  assert.deepEqual(names.toSorted(), known.toSorted());
});

/** The report is there under its own names, and nothing else is. */
async function assertArrived(server: JobServer, git: GitRepository): Promise<void> {
  const { "acme/shop": rows, ...others } = await list(server);
  assert.deepEqual([rows?.length, others], [1, {}]);
  const { branch_name, commit_hash, commit_author, language, percentage, report_url } = rows![0]!;
  assert.deepEqual(
    [branch_name, commit_hash, commit_author, language, percentage],
    [BRANCH, (await git.run("rev-parse", "HEAD")).trim(), AUTHOR, "go", PERCENTAGE],
  );
  assert.match(await (await fetch(String(report_url))).text(), /<html/i);
}

// tests/cli/ci_systems_test.ts has the variables of each system; here the names are git's. Recipes that
// write comments are run below.
for (const [name, shell] of Object.entries(SHELLS)) {
  if (name in PULL_REQUESTS) continue;
  jobTest(`the lines of the recipe "${name}" upload the report with one request`, async () => {
    await using git = await checkout();
    await using server = await serverWithToken();
    assertSucceeded(await run(name, git, server, {}, shell));
    assert.deepEqual(arrived(server), ["POST"]);
    await assertArrived(server, git);
  });
}

/** Commits a source whose changed line no test covers, on a base branch that has the rest. */
async function changeLine(git: GitRepository, changed: number): Promise<void> {
  const commit = async (changed?: number) => {
    const source = Array.from({ length: 60 }, (_, at) => at + 1 === changed ? "changed" : "line");
    await git.write({ "numerals/numerals.go": source.join("\n") });
    await git.run("add", "numerals");
    await git.run("-c", `user.name=${AUTHOR}`, "commit", "-q", "--allow-empty", "-m", "Change");
  };
  await commit();
  await git.run("update-ref", "refs/remotes/origin/main", "HEAD");
  await commit(changed);
}

for (const [name, variables] of Object.entries(PULL_REQUESTS)) {
  jobTest(`the recipe "${name}" writes one comment, and fails if a check fails`, async () => {
    await using git = await checkout();
    await using host = startCommentHost();
    await using server = await serverWithToken();
    const runIt = async (COMMENT_TOKEN: string) => {
      const commit = (await git.run("rev-parse", "HEAD")).trim();
      const environment = { ...variables(host.address, commit), COMMENT_TOKEN };
      return await run(name, git, server, environment, SHELLS[name]);
    };
    host.comments.set(1, "Coverage? Looks good.");
    await changeLine(git, 38);
    const first = await runIt(host.token);
    assert.equal(first.code, 1, first.stderr);
    assert.match(first.stdout, /^- numerals\/numerals\.go: not covered: 38$/m);
    assert.match(first.stdout, /^The comment of the pull request is up to date\.$/m);
    assert.equal(host.comments.size, 2);
    const written = host.comments.get(2)!;
    assert.match(
      written,
      /^(<!-- coverage-server -->|\[\/\/\]: # \(coverage-server\))\n### Coverage\n/,
    );
    assert.match(written, /1 changed line not covered/);
    if (name === "Bitbucket Pipelines") assert.doesNotMatch(written, /<|&#/, "it shows no HTML");

    await changeLine(git, 22);
    host.comments.set(3, written); // of a job at the same time
    assertSucceeded(await runIt(host.token));
    assert.deepEqual([...host.comments.keys()], [1, 2]);
    assert.match(host.comments.get(2)!, /every changed line covered/);
    assert.equal(host.comments.get(1), "Coverage? Looks good.");

    await assertArrived(server, git);
    if (name !== "GitLab CI") return;
    const refused = await runIt("other");
    assertSucceeded(refused);
    assert.match(refused.stdout, /^The comment of the pull request was not written: .* 403: /m);
  });
}

jobTest("the script with a diff fails the job if a check fails, and not otherwise", async () => {
  await using git = await checkout();
  await using server = await serverWithToken();
  await addScript(git, server.address);
  const names = scriptOf(await recipe(BY_HAND)).lines.replace(". ./upload-coverage.sh\n", "");
  const lines = names + scriptOf(await recipe(CHECKS)).lines;
  for (
    const [line, code, sentence] of [
      [38, 1, /^Patch coverage is 0\.00% \(0 of 1 changed lines\), below the required 80%\.$/m],
      [22, 0, /^Patch coverage is 100\.00%/m],
      [1, 0, /^Patch coverage was not checked\. No changed line can be covered\.$/m],
    ] as const
  ) {
    await changeLine(git, line);
    const result = await runScript(git, ["sh", "-e"], lines, server.secret);
    assert.equal(result.code, code, result.stderr);
    assert.match(result.stdout, sentence);
  }
});

jobTest(
  "the script retries 5xx but not 4xx, and sends part and time where they are set",
  async () => {
    await using server = await serverWithToken();
    await using git = await checkout();
    server.planned.push(() => new Response("Starting.", { status: 503 }));
    assertSucceeded(await run(BY_HAND, git, server));
    assert.equal(arrived(server).length, 2);
    await assertArrived(server, git);

    const assertRefused = async (environment: Record<string, string>, sentence: RegExp) => {
      const before = arrived(server).length;
      const { code, stdout } = await run(BY_HAND, git, server, environment);
      assert.equal(code, 22);
      assert.match(stdout, sentence);
      assert.equal(arrived(server).length, before + 1);
    };
    await assertRefused({ COVERAGE_TOKEN: "cov_other" }, /"The credential is unknown/);
    await assertRefused({ commit_time: "yesterday" }, /commit_time/);
    for (const [at, part] of ["unit", "end-to-end"].entries()) {
      const variables = { part, commit_time: "2126-02-01T12:00:00+01:00" };
      const ended = await run(BY_HAND, git, server, variables);
      assertSucceeded(ended);
      assert.equal(JSON.parse(ended.stdout).parts, at + 1);
    }
  },
);

jobTest("the script for deleted branches sends exactly those that exist", async () => {
  const REPOSITORY = "https://git.example.com/acme/shop.git";
  const odd = ["a,b", 'a"b', '"', "it's", "x$y`z", "ünï", "<b>", "%41", "{a;b}", "a|b"];
  const branches = [...odd, BRANCH, "main"].sort();
  for (const shell of [["sh"], ["bash", "--posix"]]) {
    await using server = await serverWithToken();
    await using git = await checkout();
    for (const branch of odd) await git.run("branch", branch);
    for (const branch_name of [...branches, "gone", "refs"]) {
      await seed(server.sql, { branch_name });
    }
    const active = async () =>
      (await list(server))["acme/shop"]!.map((row) => String(row.branch_name)).sort();
    const sync = async (repository: string) => {
      const { lines } = scriptOf(await recipe(SYNC));
      assert(lines.includes(API) && lines.includes(REPOSITORY));
      const filled = lines.replaceAll(API, server.api).replaceAll(REPOSITORY, repository);
      return await runScript(git, shell, filled, server.secret);
    };
    assert.equal((await active()).length, branches.length + 2);
    assertSucceeded(await sync(git.folder));
    assert.deepEqual(await active(), branches);

    await git.run("init", "--quiet", "--bare", "empty");
    const empty = await sync(join(git.folder, "empty"));
    assert.equal(empty.code, 1);
    assert.match(empty.stderr, /has no branches; nothing was sent/);
    const away = await sync(join(git.folder, "away"));
    assert.notEqual(away.code, 0);
    assert.deepEqual(arrived(server), ["PUT"], "neither sent anything");
  }
});

Deno.test("docs/ci.md has the inputs of the Action, and its workflow the permissions it needs", async () => {
  const action = parse(await Deno.readTextFile(new URL("../../action.yml", import.meta.url)));
  const inputs = (await readDocument()).split("\nInputs:\n")[1]!.split("\n\nOutputs:")[0]!;
  const documented = [...inputs.matchAll(/^- `(\w+)`:/gm)].map(([, name]) => name!);
  assert.deepEqual(documented.toSorted(), Object.keys(action.inputs).toSorted());
  const { permissions, steps } = parse((await recipe(ACTION)).text).jobs.coverage;
  assert.deepEqual(permissions, {
    contents: "read",
    statuses: "write",
    "pull-requests": "write",
  });
  const step = steps.find((step: { uses?: string }) =>
    step.uses === "your-org/coverage-server@main"
  );
  assert.deepEqual(Object.keys(step.with).filter((key) => !documented.includes(key)), []);
});
