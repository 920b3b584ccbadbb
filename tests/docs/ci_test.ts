import assert from "node:assert/strict";
import { join } from "node:path";
import { parse } from "yaml";
import { storedReports } from "../support/reports.ts";
import { seed } from "../support/seed.ts";
import { startCommentHost } from "./comment_host.ts";
import {
  addScript,
  API,
  assertSucceeded,
  AUTHOR,
  BRANCH,
  Checkout,
  type Ended,
  ended,
  HalfWay,
  jobOf,
  jobTest,
  PERCENTAGE,
  run,
  serverWithToken,
  type WatchedServer,
} from "./job.ts";
import { readDocument, recipe, recipes, scriptOf, toolRecipes } from "./recipes.ts";

const SCRIPT = "The script";
const BY_HAND = "By hand";
const SYNC = "Deleted branches";
const ACTION = "GitHub Actions";
const CHECKS = "Changed lines with the script";
const COMMAND = "coverage-server upload";

type Names = Partial<Record<"org_name" | "repo_name" | "branch_name" | "commit_author", string>>;

/** The part of a GitHub Actions workflow that is tested. */
interface Workflow {
  jobs: Record<string, {
    permissions: Record<string, "read" | "write">;
    steps: { uses?: string; with?: Record<string, string> }[];
  }>;
}

/** How a CI system runs a recipe. */
interface Case {
  shell: string[];
  /** Variables as the CI system sets them for a branch. */
  environment: (checkout: Checkout) => Record<string, string>;
  /** And, where it has comments, for a pull request; `comments` is its API. */
  pull?: (checkout: Checkout, comments: string) => Record<string, string>;
  /** The names that must arrive; the others are the checkout's. */
  arrives?: Names;
}

/** The recipes for CI systems; tests/cli/ci_systems_test.ts has the other variables. */
const SYSTEMS: Record<string, Case> = {
  "GitLab CI": {
    shell: ["bash", "-e"],
    environment: ({ commit }) => ({
      GITLAB_CI: "true",
      CI_PROJECT_NAMESPACE: "acme",
      CI_PROJECT_NAME: "shop",
      CI_COMMIT_REF_NAME: BRANCH,
      CI_COMMIT_SHA: commit,
      GITLAB_USER_LOGIN: "ada.lovelace",
    }),
    pull: (_checkout, comments) => ({
      CI_API_V4_URL: `${comments}/api/v4`,
      CI_MERGE_REQUEST_PROJECT_ID: "42",
      CI_MERGE_REQUEST_IID: "7",
      CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "main",
    }),
    arrives: { commit_author: "ada.lovelace" },
  },
  "Bitbucket Pipelines": {
    shell: ["bash", "-e"],
    environment: ({ commit }) => ({
      BITBUCKET_BUILD_NUMBER: "1",
      BITBUCKET_WORKSPACE: "acme",
      BITBUCKET_REPO_SLUG: "shop",
      BITBUCKET_BRANCH: BRANCH,
      BITBUCKET_COMMIT: commit,
    }),
    pull: (_checkout, comments) => ({
      BITBUCKET_API_URL: `${comments}/2.0`,
      BITBUCKET_PR_ID: "7",
      BITBUCKET_PR_DESTINATION_BRANCH: "main",
    }),
  },
  "Azure Pipelines": {
    // Azure sets no -e.
    shell: ["bash", "--noprofile", "--norc"],
    environment: ({ commit }) => ({
      TF_BUILD: "True",
      SYSTEM_TEAMPROJECT: "Shop and Co",
      BUILD_REPOSITORY_NAME: "shop",
      BUILD_SOURCEBRANCH: `refs/heads/${BRANCH}`,
      BUILD_SOURCEVERSION: commit,
      BUILD_REQUESTEDFOR: "Ada Lovelace",
    }),
    pull: ({ commit }, comments) => ({
      SYSTEM_COLLECTIONURI: `${comments}/acme/`,
      SYSTEM_TEAMPROJECTID: "42",
      BUILD_REPOSITORY_ID: "43",
      BUILD_REPOSITORY_PROVIDER: "TfsGit",
      SYSTEM_PULLREQUEST_PULLREQUESTID: "7",
      SYSTEM_PULLREQUEST_SOURCEBRANCH: `refs/heads/${BRANCH}`,
      SYSTEM_PULLREQUEST_SOURCECOMMITID: commit,
      SYSTEM_PULLREQUEST_TARGETBRANCH: "refs/heads/main",
    }),
    arrives: { org_name: "Shop-and-Co", commit_author: "Ada Lovelace" },
  },
  Jenkins: {
    shell: ["sh", "-xe"],
    environment: ({ commit }) => ({
      JENKINS_URL: "https://ci.example.com/",
      GIT_URL: "https://git.example.com/acme/shop.git",
      GIT_BRANCH: `origin/${BRANCH}`,
      GIT_COMMIT: commit,
    }),
  },
  CircleCI: {
    shell: ["bash", "-eo", "pipefail"],
    environment: ({ commit }) => ({
      CIRCLECI: "true",
      CIRCLE_PROJECT_USERNAME: "acme",
      CIRCLE_PROJECT_REPONAME: "shop",
      CIRCLE_BRANCH: BRANCH,
      CIRCLE_SHA1: commit,
      CIRCLE_USERNAME: "ada",
    }),
    arrives: { commit_author: "ada" },
  },
  Buildkite: {
    shell: ["bash", "-e"],
    environment: ({ commit }) => ({
      BUILDKITE: "true",
      BUILDKITE_REPO: "git@github.com:acme/shop.git",
      BUILDKITE_BRANCH: BRANCH,
      BUILDKITE_COMMIT: commit,
      BUILDKITE_BUILD_AUTHOR: "ada",
      BUILDKITE_PULL_REQUEST: "false",
    }),
    arrives: { commit_author: "ada" },
  },
};

Deno.test("every block of docs/ci.md is run or read by a test", async () => {
  const ofTools = (await toolRecipes()).map(({ name }) => name);
  const names = (await recipes()).map(({ name }) => name).filter((name) => !ofTools.includes(name));
  const known = [...Object.keys(SYSTEMS), COMMAND, SCRIPT, BY_HAND, SYNC, ACTION, CHECKS];
  assert.deepEqual(names.toSorted(), known.toSorted());
});

/** The report is there under these names, and nothing else is. */
async function assertArrived(
  server: WatchedServer,
  { commit }: Checkout,
  arrives: Names = {},
): Promise<void> {
  const { org_name = "acme", repo_name = "shop", ...names } = arrives;
  const list = await server.list();
  assert.deepEqual(Object.keys(list), [`${org_name}/${repo_name}`]);
  const rows = list[`${org_name}/${repo_name}`]!;
  assert.equal(rows.length, 1);
  const { branch_name, commit_hash, commit_author, language, percentage, report_url } = rows[0]!;
  assert.deepEqual(
    { branch_name, commit_hash, commit_author, language, percentage },
    {
      branch_name: BRANCH,
      commit_hash: commit,
      commit_author: AUTHOR,
      ...names,
      language: "go",
      percentage: PERCENTAGE,
    },
  );
  const page = await fetch(String(report_url));
  assert.equal(page.status, 200);
  assert.match(await page.text(), /<html/i);
}

for (const [name, { shell, environment, arrives = {} }] of Object.entries(SYSTEMS)) {
  jobTest(`the recipe for ${name} sends the report under its own names`, async () => {
    await using checkout = await Checkout.make();
    const { org_name = "acme" } = arrives;
    await using server = await serverWithToken(`${org_name}/shop`);
    const variables = { ...server.secret, ...environment(checkout) };
    assertSucceeded(
      await run(name, { checkout, address: server.address, environment: variables, shell }),
    );
    assert.deepEqual(server.arrived, ["POST"], "one request is enough");
    await assertArrived(server, checkout, arrives);
  });
}

jobTest("the script and the command send the report by hand", async () => {
  for (const [name, shell] of [[BY_HAND, "sh"], [BY_HAND, "bash"], [COMMAND, "sh"]] as const) {
    await using checkout = await Checkout.make({ detached: false });
    await checkout.git("remote", "add", "origin", "git@git.example.com:acme/shop.git");
    await using server = await serverWithToken();
    const { address, secret: environment } = server;
    assertSucceeded(await run(name, { checkout, address, environment, shell: [shell, "-e"] }));
    assert.deepEqual(server.arrived, ["POST"]);
    await assertArrived(server, checkout);
  }
});

/** Commits a source whose changed line no test covers, on a base branch that has the rest. */
async function changeLine(checkout: Checkout, changed: number): Promise<void> {
  const commit = async (changed?: number) => {
    const source = Array.from({ length: 60 }, (_, at) => at + 1 === changed ? "changed" : "line");
    await Deno.writeTextFile(join(checkout.folder, "numerals/numerals.go"), source.join("\n"));
    await checkout.git("add", "numerals");
    await checkout.git("commit", "--quiet", "--allow-empty", "--message", "Change");
  };
  await Deno.mkdir(join(checkout.folder, "numerals"), { recursive: true });
  await commit();
  await checkout.git("update-ref", "refs/remotes/origin/main", "HEAD");
  await commit(changed);
  checkout.commit = (await checkout.git("rev-parse", "HEAD")).trim();
}

for (const [name, { shell, environment, pull, arrives = {} }] of Object.entries(SYSTEMS)) {
  if (!pull) continue;
  jobTest(`the recipe for ${name} writes one comment, and fails if a check fails`, async () => {
    await using checkout = await Checkout.make();
    await changeLine(checkout, 38);
    await using host = startCommentHost();
    const { org_name = "acme" } = arrives;
    await using server = await serverWithToken(`${org_name}/shop`);
    const { address, secret } = server;
    const runIt = (COMMENT_TOKEN: string) =>
      run(name, {
        checkout,
        address,
        shell,
        environment: {
          ...secret,
          ...environment(checkout),
          ...pull(checkout, host.address),
          COMMENT_TOKEN,
        },
      });
    host.comments.set(1, "Coverage? Looks good.");
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

    await changeLine(checkout, 22);
    host.comments.set(3, written); // of a job at the same time
    assertSucceeded(await runIt(host.token));
    assert.deepEqual([...host.comments.keys()], [1, 2]);
    assert.match(host.comments.get(2)!, /every changed line covered/);
    assert.equal(host.comments.get(1), "Coverage? Looks good.");

    const refused = await runIt("other");
    assertSucceeded(refused);
    assert.match(refused.stdout, /^The comment of the pull request was not written: .* 403: /m);
  });
}

jobTest("the recipe with a diff fails the job if a check fails, and not otherwise", async () => {
  await using checkout = await Checkout.make({ detached: false });
  const names = scriptOf(await recipe(BY_HAND)).lines.replace(". ./upload-coverage.sh\n", "");
  const lines = names + scriptOf(await recipe(CHECKS)).lines;
  for (
    const [line, code, sentence] of [
      [38, 1, /^Patch coverage is 0\.00% \(0 of 1 changed lines\), below the required 80%\.$/m],
      [22, 0, /^Patch coverage is 100\.00%/m],
      [1, 0, /^Patch coverage was not checked\. No changed line can be covered\.$/m],
    ] as const
  ) {
    await changeLine(checkout, line);
    await using server = await serverWithToken("acme/shop");
    await addScript(checkout, server.address);
    const result = await ended(await checkout.command(["sh", "-e"], lines, server.secret));
    assert.equal(result.code, code, result.stderr);
    assert.match(result.stdout, sentence);
  }
});

jobTest("the script retries 5xx but not 4xx", async () => {
  await using server = await serverWithToken();
  await using checkout = await Checkout.make({ detached: false });
  const runIt = (environment = server.secret) =>
    run(BY_HAND, { checkout, address: server.address, environment });

  server.refusals.push(new Response("Starting.", { status: 503 }));
  assertSucceeded(await runIt());
  assert.equal(server.arrived.length, 2);
  await assertArrived(server, checkout);

  const assertRefused = ({ code, stdout }: Ended, sentence: RegExp) => {
    assert.equal(code, 22);
    assert.match(JSON.parse(stdout).error, sentence);
  };
  assertRefused(await runIt({ COVERAGE_TOKEN: "cov_other" }), /^The credential is unknown/);
  assert.equal(server.arrived.length, 3);
  await Deno.remove(join(checkout.folder, "coverage", "coverage.xml"));
  assertRefused(await runIt(), /^The archive has no file "coverage\.xml"/);
  assert.equal(server.arrived.length, 4);
});

jobTest("the script sends the part and the commit's time where they are set", async () => {
  await using server = await serverWithToken();
  await using checkout = await Checkout.make({ detached: false });
  const { address, secret } = server;
  const runWith = (variables: Record<string, string>) =>
    run(BY_HAND, { checkout, address, environment: { ...secret, ...variables } });
  for (const [at, part] of ["unit", "end-to-end"].entries()) {
    const ended = await runWith({ part, commit_time: "2026-02-01T12:00:00+01:00" });
    assertSucceeded(ended);
    assert.equal(JSON.parse(ended.stdout).parts, at + 1);
  }
  const { code, stdout } = await runWith({ commit_time: "yesterday" });
  assert.equal(code, 22);
  assert.match(stdout, /commit_time/);
});

jobTest("an upload that is cancelled half-way or repeated leaves one report", async () => {
  await using server = await serverWithToken();
  await using checkout = await Checkout.make({ detached: false });
  const upload = async () => {
    const { address, secret: environment } = server;
    assertSucceeded(await run(BY_HAND, { checkout, address, environment }));
  };
  const assertOne = async () => {
    await assertArrived(server, checkout);
    const { published, staged } = await storedReports(server.reports);
    assert.equal(published.length, 1);
    assert.deepEqual(staged, []);
    return published[0];
  };
  await upload();
  const before = await assertOne();

  const noise = new Uint8Array(65_536);
  for (let part = 0; part < 16; part++) {
    crypto.getRandomValues(noise);
    await Deno.writeFile(join(checkout.folder, "coverage", `${part}.bin`), noise);
  }
  {
    await using way = new HalfWay(server.address, 512 * 1024);
    const { address } = way;
    const cancelled = (await jobOf(BY_HAND, { checkout, address, environment: server.secret }))
      .spawn();
    await way.half;
    // The whole group, as CI ends a job; the shell alone would leave curl behind.
    Deno.kill(-cancelled.pid, "SIGKILL");
    assert.equal((await cancelled.output()).signal, "SIGKILL");
  }
  await server.settled();
  assert.equal(server.arrived.length, 2, "the half of it did arrive");
  assert.equal(await assertOne(), before);

  await upload();
  const after = await assertOne();
  assert.notEqual(after, before);
  await upload();
  assert.notEqual(await assertOne(), after);
});

jobTest("the script for deleted branches sends exactly those that exist", async (t) => {
  const REPOSITORY = "https://git.example.com/acme/shop.git";
  const branches = [
    "a,b",
    'a"b',
    '"',
    "it's",
    "x$y`z",
    "ünï",
    "<b>",
    "%41",
    "{a;b}",
    "a|b",
    BRANCH,
  ];
  for (const shell of [["sh"], ["bash", "--posix"]]) {
    await t.step(`in ${shell.join(" ")}`, async () => {
      await using server = await serverWithToken();
      await using checkout = await Checkout.make();
      for (const branch of branches) await checkout.git("branch", "--force", branch);
      for (const branch of [...branches, "gone", "refs"]) {
        await seed(server.sql, { branch_name: branch });
      }
      const active = async () => (await server.list())["acme/shop"]!.map((row) => row.branch_name);
      const sync = async (repository: string) => {
        const { lines } = scriptOf(await recipe(SYNC));
        assert(lines.includes(API) && lines.includes(REPOSITORY));
        const filled = lines.replaceAll(API, `${server.address}/coverages-api`)
          .replaceAll(REPOSITORY, repository);
        return await ended(await checkout.command(shell, filled, server.secret));
      };
      assert.equal((await active()).length, branches.length + 2);

      assertSucceeded(await sync(checkout.folder));
      assert.deepEqual((await active()).toSorted(), branches.toSorted());
      assert.deepEqual(server.arrived, ["PUT"]);

      await checkout.git("init", "--quiet", "--bare", "empty");
      const empty = await sync(join(checkout.folder, "empty"));
      assert.equal(empty.code, 1);
      assert.match(empty.stderr, /has no branches; nothing was sent/);
      const away = await sync(join(checkout.folder, "away"));
      assert.notEqual(away.code, 0);
      assert.equal(server.arrived.length, 1, "neither sent anything");
      assert.deepEqual((await active()).toSorted(), branches.toSorted());
    });
  }
});

Deno.test("docs/ci.md has the inputs of the Action, and its workflow the permissions it needs", async () => {
  const action = parse(await Deno.readTextFile(new URL("../../action.yml", import.meta.url)));
  const list = (await readDocument()).split("\nInputs:\n")[1]!.split("\n\nOutputs:")[0]!;
  const documented = [...list.matchAll(/^- `(\w+)`:/gm)].map(([, name]) => name!);
  assert.deepEqual(documented.toSorted(), Object.keys(action.inputs).toSorted());
  const workflow: Workflow = parse((await recipe(ACTION)).text);
  const { permissions, steps } = workflow.jobs.coverage!;
  assert.deepEqual(permissions, {
    contents: "read",
    statuses: "write",
    "pull-requests": "write",
  });
  const step = steps.find(({ uses }) => uses === "your-org/coverage-server@main");
  assert.deepEqual(Object.keys(step!.with!).filter((key) => !documented.includes(key)), []);
});
