import assert from "node:assert/strict";
import { join } from "node:path";
import { parse } from "yaml";
import { newToken } from "../../src/cli/token_command.ts";
import { startGitHub } from "../support/github.ts";
import { startIssuer } from "../support/oidc.ts";
import { storedReports } from "../support/reports.ts";
import { seed } from "../support/seed.ts";
import {
  AUTHOR,
  BRANCH,
  Checkout,
  type Ended,
  HalfWay,
  PERCENTAGE,
  type WatchedServer,
  watchedServer,
} from "./job.ts";
import { readDocument, recipe, recipes, type Script, scriptOf } from "./recipes.ts";

const ANYWHERE = "Anywhere";
const BIG = "A big report";
const GITHUB = "GitHub Actions, curl and the job's token";
const OIDC = "GitHub Actions, curl and OIDC";
const SYNC = "Branches that are gone";
const ACTION = "GitHub Actions, the action of this repository";
const ACTION_OIDC = `${ACTION} (2)`;

const SHELLS = [["sh", "-e"], ["bash", "-e"]];
/** The server in the recipes. */
const PUBLIC_URL = "https://coverage.example.com";
const API = `${PUBLIC_URL}/coverages-api`;
/** The token that GitHub gives to a job. */
const JOB_TOKEN = "ghs_job";

/** A run of a job. */
interface Situation {
  /** What kind of run; unset: there is one only. */
  what?: string;
  /** Variables as the CI system sets them. */
  environment: (checkout: Checkout) => Record<string, string>;
  /** The names that must arrive; those that are not here are the checkout's. */
  arrives?: Names;
}

/** Names of an upload. */
type Names = Partial<Record<"org_name" | "repo_name" | "branch_name" | "commit_author", string>>;

/** What matters here of a workflow of GitHub Actions. */
interface Workflow {
  jobs: Record<string, {
    permissions: Record<string, "read" | "write">;
    steps: { uses?: string; with?: Record<string, string> }[];
  }>;
}

/** How a CI system runs a recipe. */
interface Case {
  shells?: string[][];
  /** Whether the checkout is on its branch; CI systems check a commit out. */
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

/** The recipes that send a report with an upload token. */
const UPLOADS: Record<string, Case> = {
  [ANYWHERE]: {
    onBranch: true,
    situations: [{ environment: () => ({}) }],
  },
  [BIG]: {
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
};

/** A test of what runs in the shell of a CI system. */
function jobTest(name: string, fn: (t: Deno.TestContext) => Promise<void>): void {
  Deno.test({ name, ignore: Deno.build.os === "windows", fn });
}

Deno.test("every block of the recipes is run or read by a test here", async () => {
  const names = (await recipes()).map(({ name }) => name);
  const known = [...Object.keys(UPLOADS), GITHUB, OIDC, SYNC, ACTION, ACTION_OIDC];
  assert.deepEqual(names.toSorted(), known.toSorted());
});

/** The lines of a recipe, with what the CI system and a reader put into them. */
async function prepared(name: string, address: string): Promise<Script> {
  const { lines, environment } = scriptOf(await recipe(name));
  assert(lines.includes(API), "it names the server");
  const filled = Object.entries(environment).map(([key, value]) => {
    assert.equal(value, "${{ github.token }}", "an expression that GitHub puts in");
    return [key, JOB_TOKEN];
  });
  return {
    lines: lines.replaceAll(API, `${address}/coverages-api`),
    environment: Object.fromEntries(filled),
  };
}

/** A server that takes one upload token, and the environment of a job that has it. */
async function serverWithToken(scope = "acme/shop") {
  const { token, entry } = newToken(scope);
  const server = await watchedServer({ AUTH: "token", UPLOAD_TOKENS: entry });
  return Object.assign(server, { secret: { COVERAGE_TOKEN: token } });
}

function assertSucceeded({ code, stdout, stderr }: Ended): void {
  assert.equal(code, 0, `${stdout}\n${stderr}`);
}

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
          const { lines } = await prepared(name, server.address);
          assertSucceeded(
            await checkout.run(shell, lines, {
              ...server.secret,
              ...situation.environment(checkout),
            }),
          );
          assert.deepEqual(server.arrived, ["POST"], "one request is enough");
          await assertArrived(server, checkout, situation.arrives);
        });
      }
    }
  });
}

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
  const { lines, environment } = await prepared(GITHUB, server.address);
  assertSucceeded(
    await checkout.run(["bash", "-e"], lines, {
      ...environment,
      ...github(checkout),
      GITHUB_API_URL: hub.address,
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
  const { lines } = await prepared(OIDC, server.address);
  const run = () =>
    checkout.run(["bash", "-e"], lines, {
      ...github(checkout),
      ACTIONS_ID_TOKEN_REQUEST_URL:
        `http://127.0.0.1:${endpoint.addr.port}/a/b/idtoken?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: "request-token",
    });

  const ended = await run();
  assertSucceeded(ended);
  assert.deepEqual(asked, [{
    query: { "api-version": "2.0", audience: PUBLIC_URL },
    authorization: "Bearer request-token",
  }]);
  const [first, ...rest] = ended.stdout.split("\n");
  assert.equal(first, `::add-mask::${jwt}`);
  assert(!rest.join().includes(jwt) && !ended.stderr.includes(jwt));
  await assertArrived(server, checkout, GITHUB_NAMES);

  status = 403;
  assert.equal((await run()).code, 22, "a job that gets no token fails");
  assert.equal(server.arrived.length, 1, "and sends nothing");
});

jobTest("a recipe repeats what may pass, and not what never will", async () => {
  await using server = await serverWithToken();
  await using checkout = await Checkout.make({ detached: false });
  const { lines } = await prepared(ANYWHERE, server.address);
  const run = (secret = server.secret) => checkout.run(["sh", "-e"], lines, secret);

  server.refusals.push(new Response("Starting.", { status: 503 }));
  assertSucceeded(await run());
  assert.equal(server.arrived.length, 2);
  await assertArrived(server, checkout);

  const assertRefused = ({ code, stdout }: Ended, sentence: RegExp) => {
    assert.equal(code, 22);
    assert.match(JSON.parse(stdout).error, sentence);
  };
  assertRefused(await run({ COVERAGE_TOKEN: "cov_other" }), /^The credential is not known here/);
  assert.equal(server.arrived.length, 3);
  await Deno.remove(join(checkout.folder, "coverage", "coverage.xml"));
  assertRefused(await run(), /^The archive has no file "coverage\.xml"/);
  assert.equal(server.arrived.length, 4);
});

for (const name of [ANYWHERE, BIG]) {
  jobTest(
    `an upload by "${name}" that is cancelled half-way or repeated leaves one report`,
    async () => {
      await using server = await serverWithToken();
      await using checkout = await Checkout.make({ detached: false });
      const run = async () => {
        const { lines } = await prepared(name, server.address);
        assertSucceeded(await checkout.run(["sh", "-e"], lines, server.secret));
      };
      const assertOne = async () => {
        await assertArrived(server, checkout);
        const { published, staged } = await storedReports(server.reports);
        assert.equal(published.length, 1);
        assert.deepEqual(staged, []);
        return published[0];
      };
      await run();
      const before = await assertOne();

      const noise = new Uint8Array(65_536);
      for (let part = 0; part < 16; part++) {
        crypto.getRandomValues(noise);
        await Deno.writeFile(join(checkout.folder, "coverage", `${part}.bin`), noise);
      }
      {
        await using way = new HalfWay(server.address, 512 * 1024);
        const { lines } = await prepared(name, way.address);
        const job = (await checkout.command(["sh", "-e"], lines, server.secret)).spawn();
        await way.half;
        // The whole group, as CI ends a job; the shell alone would leave curl behind.
        Deno.kill(-job.pid, "SIGKILL");
        assert.equal((await job.output()).signal, "SIGKILL");
      }
      await server.settled();
      assert.equal(server.arrived.length, 2, "the half of it did arrive");
      assert.equal(await assertOne(), before);

      await run();
      const after = await assertOne();
      assert.notEqual(after, before);
      await run();
      assert.notEqual(await assertOne(), after);
    },
  );
}

jobTest("the script for branches that are gone sends exactly those that are there", async (t) => {
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
      const run = async (repository: string) => {
        const { lines } = await prepared(SYNC, server.address);
        assert(lines.includes(REPOSITORY));
        return await checkout.run(shell, lines.replaceAll(REPOSITORY, repository), server.secret);
      };
      assert.equal((await active()).length, branches.length + 2);

      assertSucceeded(await run(checkout.folder));
      assert.deepEqual((await active()).toSorted(), branches.toSorted());
      assert.deepEqual(server.arrived, ["PUT"]);

      await checkout.git("init", "--quiet", "--bare", "empty");
      const empty = await run(join(checkout.folder, "empty"));
      assert.equal(empty.code, 1);
      assert.match(empty.stderr, /has no branches; nothing is sent/);
      const away = await run(join(checkout.folder, "away"));
      assert.notEqual(away.code, 0);
      assert.equal(server.arrived.length, 1, "neither sent anything");
      assert.deepEqual((await active()).toSorted(), branches.toSorted());
    });
  }
});

Deno.test("the recipes with the action give it inputs that it has, and its job the permissions", async () => {
  const table = /\| input [^]*?\n\n/.exec(await readDocument())![0];
  const documented = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name!);
  const inputs = await actionInputs() ?? documented;
  assert.deepEqual(documented.filter((name) => !inputs.includes(name)), []);
  const permissions = { contents: "read", statuses: "write", "pull-requests": "write" };
  for (
    const [name, auth, needed] of [
      [ACTION, "github", permissions],
      [ACTION_OIDC, "oidc", { ...permissions, "id-token": "write" }],
    ] as const
  ) {
    const workflow: Workflow = parse((await recipe(name)).text);
    const [job] = Object.values(workflow.jobs);
    assert.deepEqual(job!.permissions, needed);
    const step = job!.steps.find(({ uses }) => uses === "your-org/coverage-server@main");
    assert.deepEqual(Object.keys(step!.with!).filter((key) => !documented.includes(key)), []);
    assert.equal(step!.with!.auth, auth);
  }
});

/** The inputs of the action; nothing while the repository has none. */
async function actionInputs(): Promise<string[] | undefined> {
  try {
    const action = await Deno.readTextFile(new URL("../../action.yml", import.meta.url));
    return Object.keys(parse(action).inputs);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
