import assert from "node:assert/strict";
import { join } from "node:path";
import { parse } from "yaml";
import { startGitHub } from "../support/github.ts";
import { startIssuer } from "../support/oidc.ts";
import { storedReports } from "../support/reports.ts";
import { seed } from "../support/seed.ts";
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
  JOB_TOKEN,
  jobOf,
  jobTest,
  PERCENTAGE,
  PUBLIC_URL,
  run,
  serverWithToken,
  type WatchedServer,
  watchedServer,
} from "./job.ts";
import { readDocument, recipe, recipes, scriptOf, toolRecipes } from "./recipes.ts";

const SCRIPT = "The script";
const BY_HAND = "By hand";
const GITHUB = "GitHub Actions with the job's token";
const OIDC = "GitHub Actions with OIDC";
const SYNC = "Deleted branches";
const ACTION = "GitHub Actions";
const CHECKS = "Changed lines and checks";

const SHELLS = [["sh", "-e"], ["bash", "-e"]];
/** A run of a job. */
interface Situation {
  /** Unset: there is one kind only. */
  what?: string;
  /** Variables as the CI system sets them. */
  environment: (checkout: Checkout) => Record<string, string>;
  /** The names that must arrive; the others are the checkout's. */
  arrives?: Names;
}

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
  shells?: string[][];
  /** Whether a branch is checked out; CI systems check out a commit. */
  onBranch?: boolean;
  situations: Situation[];
}

const github = ({ commit }: Checkout) => ({
  GITHUB_REPOSITORY: "Acme-Inc/shop.web",
  GITHUB_REPOSITORY_OWNER: "Acme-Inc",
  GITHUB_REF: `refs/heads/${BRANCH}`,
  GITHUB_REF_NAME: BRANCH,
  GITHUB_SHA: commit,
  GITHUB_ACTOR: "dependabot[bot]",
});
const GITHUB_NAMES: Names = {
  org_name: "Acme-Inc",
  repo_name: "shop.web",
  commit_author: "dependabot[bot]",
};
const gitlab = ({ commit }: Checkout) => ({
  CI_PROJECT_NAMESPACE: "acme",
  CI_PROJECT_NAME: "shop",
  CI_PROJECT_PATH: "acme/shop",
  CI_COMMIT_REF_NAME: BRANCH,
  CI_COMMIT_SHA: commit,
  GITLAB_USER_LOGIN: "ada.lovelace",
  GITLAB_USER_NAME: "Ada Lovelace",
});
const jenkins = ({ commit }: Checkout) => ({
  GIT_URL: "https://git.example.com/acme/shop.git",
  GIT_BRANCH: `origin/${BRANCH}`,
  GIT_COMMIT: commit,
});
const circle = ({ commit }: Checkout) => ({
  CIRCLE_PROJECT_USERNAME: "acme",
  CIRCLE_PROJECT_REPONAME: "shop",
  CIRCLE_BRANCH: BRANCH,
  CIRCLE_SHA1: commit,
  CIRCLE_USERNAME: "ada",
});
const azure = ({ commit }: Checkout) => ({
  SYSTEM_TEAMPROJECT: "Shop and Co",
  BUILD_REPOSITORY_NAME: "shop",
  BUILD_SOURCEBRANCH: `refs/heads/${BRANCH}`,
  BUILD_SOURCEVERSION: commit,
  BUILD_REQUESTEDFOR: "Ada Lovelace",
});

/** The recipes that send a report with an upload token. */
const UPLOADS: Record<string, Case> = {
  [BY_HAND]: {
    onBranch: true,
    situations: [{ environment: () => ({}) }],
  },
  "GitLab CI": {
    situations: [
      { what: "of a branch", environment: gitlab, arrives: { commit_author: "ada.lovelace" } },
      {
        what: "of a project in a group in groups",
        environment: (checkout) => ({
          ...gitlab(checkout),
          CI_PROJECT_NAMESPACE: "acme/web-team/shop_group",
        }),
        arrives: { org_name: "acme--web-team--shop_group", commit_author: "ada.lovelace" },
      },
      {
        what: "of a merge request's merged result",
        environment: (checkout) => ({
          ...gitlab(checkout),
          CI_COMMIT_REF_NAME: "refs/merge-requests/1/merge",
          CI_COMMIT_SHA: "0".repeat(40),
          CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: BRANCH,
          CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: checkout.commit,
        }),
        arrives: { commit_author: "ada.lovelace" },
      },
      {
        what: "of a merge request",
        environment: (checkout) => ({
          ...gitlab(checkout),
          CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: BRANCH,
          CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: "",
        }),
        arrives: { commit_author: "ada.lovelace" },
      },
    ],
  },
  Jenkins: {
    shells: [["sh", "-xe"], ["bash", "-xe"]],
    situations: [
      { what: "of a pipeline", environment: jenkins },
      {
        what: "of a multibranch pipeline",
        environment: (checkout) => ({
          ...jenkins(checkout),
          GIT_URL: "git@git.example.com:acme/shop.git",
          GIT_BRANCH: BRANCH,
          BRANCH_NAME: BRANCH,
        }),
      },
      {
        what: "of a pull request",
        environment: (checkout) => ({
          ...jenkins(checkout),
          GIT_URL: "ssh://git@git.example.com:7999/acme/shop/",
          GIT_BRANCH: "PR-12",
          BRANCH_NAME: "PR-12",
          CHANGE_BRANCH: BRANCH,
          CHANGE_AUTHOR: "@ada <x>",
        }),
        arrives: { commit_author: "@ada <x>" },
      },
      {
        what: "of a repository without a group",
        environment: (checkout) => ({
          ...jenkins(checkout),
          GIT_URL: "git@git.example.com:acme/shop",
        }),
      },
    ],
  },
  "Bitbucket Pipelines": {
    situations: [{
      environment: ({ commit }) => ({
        BITBUCKET_WORKSPACE: "acme",
        BITBUCKET_REPO_SLUG: "shop",
        BITBUCKET_BRANCH: BRANCH,
        BITBUCKET_COMMIT: commit,
      }),
    }],
  },
  CircleCI: {
    shells: [["bash", "-eo", "pipefail"]],
    situations: [
      { what: "by a user", environment: circle, arrives: { commit_author: "ada" } },
      {
        what: "by somebody without an account there",
        environment: (checkout) => ({ ...circle(checkout), CIRCLE_USERNAME: "" }),
      },
    ],
  },
  "Azure Pipelines": {
    // Azure sets no -e.
    shells: [["bash", "--noprofile", "--norc"]],
    situations: [
      {
        what: "of a branch",
        environment: azure,
        arrives: { org_name: "Shop-and-Co", commit_author: "Ada Lovelace" },
      },
      {
        what: "of a pull request",
        environment: (checkout) => ({
          ...azure(checkout),
          BUILD_REPOSITORY_NAME: "acme/shop",
          BUILD_SOURCEBRANCH: "refs/pull/1/merge",
          BUILD_SOURCEVERSION: "0".repeat(40),
          SYSTEM_PULLREQUEST_SOURCEBRANCH: `refs/heads/${BRANCH}`,
          SYSTEM_PULLREQUEST_SOURCECOMMITID: checkout.commit,
        }),
        arrives: { org_name: "Shop-and-Co", commit_author: "Ada Lovelace" },
      },
    ],
  },
};

Deno.test("every block of docs/ci.md is run or read by a test", async () => {
  const ofTools = (await toolRecipes()).map(({ name }) => name);
  const names = (await recipes()).map(({ name }) => name).filter((name) => !ofTools.includes(name));
  const known = [...Object.keys(UPLOADS), SCRIPT, GITHUB, OIDC, SYNC, ACTION, CHECKS];
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

for (const [name, { shells = SHELLS, situations, onBranch = false }] of Object.entries(UPLOADS)) {
  jobTest(`the recipe "${name}" sends the report under its own names`, async (t) => {
    await using checkout = await Checkout.make({ detached: !onBranch });
    for (const situation of situations) {
      for (const shell of shells) {
        await t.step(`${situation.what ?? "once"}, in ${shell.join(" ")}`, async () => {
          const { org_name = "acme", repo_name = "shop" } = situation.arrives ?? {};
          await using server = await serverWithToken(`${org_name}/${repo_name}`);
          const environment = { ...server.secret, ...situation.environment(checkout) };
          assertSucceeded(
            await run(name, { checkout, address: server.address, environment, shell }),
          );
          assert.deepEqual(server.arrived, ["POST"], "one request is enough");
          await assertArrived(server, checkout, situation.arrives);
        });
      }
    }
  });
}

jobTest("the recipe with a diff fails the job if a check fails, and not otherwise", async () => {
  await using checkout = await Checkout.make({ detached: false });
  const names = scriptOf(await recipe(BY_HAND)).lines.replace(". ./upload-coverage.sh\n", "");
  const lines = names + scriptOf(await recipe(CHECKS)).lines;
  const commit = async (changed?: number) => {
    const source = Array.from({ length: 60 }, (_, at) => at + 1 === changed ? "changed" : "line");
    await Deno.writeTextFile(join(checkout.folder, "numerals/numerals.go"), source.join("\n"));
    await checkout.git("add", "numerals");
    await checkout.git("commit", "--quiet", "--allow-empty", "--message", "Change");
  };
  await Deno.mkdir(join(checkout.folder, "numerals"));
  for (
    const [line, code, sentence] of [
      [38, 1, /^Patch coverage is 0\.00% \(0 of 1 changed lines\), below the required 80%\.$/m],
      [22, 0, /^Patch coverage is 100\.00%/m],
      [1, 0, /^Patch coverage was not checked\. No changed line can be covered\.$/m],
    ] as const
  ) {
    await commit();
    await checkout.git("update-ref", "refs/remotes/origin/main", "HEAD");
    await commit(line);
    await using server = await serverWithToken("acme/shop");
    await addScript(checkout, server.address);
    const result = await ended(await checkout.command(["sh", "-e"], lines, server.secret));
    assert.equal(result.code, code, result.stderr);
    assert.match(result.stdout, sentence);
  }
});

jobTest("the recipe with the job's token leads to a status on the commit", async () => {
  await using checkout = await Checkout.make();
  const permissions = (parse((await recipe(GITHUB)).text) as Workflow).jobs.coverage!.permissions;
  await using hub = await startGitHub({
    prefix: "/api/v3",
    repositories: [{
      owner: "Acme-Inc",
      name: "shop.web",
      commits: [checkout.commit],
      tokens: { [JOB_TOKEN]: permissions },
    }],
  });
  await using server = await watchedServer({
    AUTH: "github",
    GITHUB_API_URLS: `https://api.github.com,${hub.address}`,
  });
  assertSucceeded(
    await run(GITHUB, {
      checkout,
      address: server.address,
      shell: ["bash", "-e"],
      environment: { ...github(checkout), GITHUB_API_URL: hub.address },
    }),
  );
  await assertArrived(server, checkout, GITHUB_NAMES);
  const statuses = hub.repository("Acme-Inc/shop.web").statuses
    .map(({ sha, state, context }) => [sha, state, context]);
  assert.deepEqual(statuses, [
    [checkout.commit, "pending", "coverage/go"],
    [checkout.commit, "success", "coverage/go"],
  ]);
});

jobTest("the recipe with OIDC asks for a token, hides it in the log and sends it", async () => {
  await using checkout = await Checkout.make();
  await using issuer = await startIssuer(PUBLIC_URL);
  const jwt = await issuer.token({ claims: { repository: "Acme-Inc/shop.web" } });
  await using server = await watchedServer({
    AUTH: "oidc",
    OIDC_ISSUERS: issuer.address,
    OIDC_AUDIENCE: PUBLIC_URL,
  });
  const asked: { query: Record<string, string>; authorization: string | null }[] = [];
  let status = 200;
  await using endpoint = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    ({ url, headers }) => {
      asked.push({
        query: Object.fromEntries(new URL(url).searchParams),
        authorization: headers.get("authorization"),
      });
      return Response.json({ count: 1200, value: jwt }, { status });
    },
  );
  const runIt = () =>
    run(OIDC, {
      checkout,
      address: server.address,
      shell: ["bash", "-e"],
      environment: {
        ...github(checkout),
        ACTIONS_ID_TOKEN_REQUEST_URL:
          `http://127.0.0.1:${endpoint.addr.port}/a/b/idtoken?api-version=2.0`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: "request-token",
      },
    });

  const succeeded = await runIt();
  assertSucceeded(succeeded);
  assert.deepEqual(asked, [{
    query: { "api-version": "2.0", audience: PUBLIC_URL },
    authorization: "Bearer request-token",
  }]);
  const [first, ...rest] = succeeded.stdout.split("\n");
  assert.equal(first, `::add-mask::${jwt}`);
  assert(!rest.join().includes(jwt) && !succeeded.stderr.includes(jwt));
  await assertArrived(server, checkout, GITHUB_NAMES);

  status = 403;
  assert.equal((await runIt()).code, 22, "a job that gets no token fails");
  assert.equal(server.arrived.length, 1, "and sends nothing");
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
