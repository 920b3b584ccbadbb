import assert from "node:assert/strict";
import { type Job, jobOf, repositoryOf } from "../../src/cli/ci_systems.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const BASE = "89abcdef0123456789abcdef0123456789abcdef";
const ZEROS = "0".repeat(40);

const GITLAB = {
  GITLAB_CI: "true",
  CI_PROJECT_NAMESPACE: "acme",
  CI_PROJECT_NAME: "shop",
  CI_COMMIT_REF_NAME: "dev",
  CI_COMMIT_SHA: COMMIT,
  CI_COMMIT_BEFORE_SHA: ZEROS,
  CI_DEFAULT_BRANCH: "main",
  GITLAB_USER_LOGIN: "ada",
};
const MERGE_REQUEST = {
  ...GITLAB,
  CI_COMMIT_REF_NAME: "refs/merge-requests/7/merge",
  CI_COMMIT_SHA: ZEROS,
  CI_MERGE_REQUEST_IID: "7",
  CI_MERGE_REQUEST_PROJECT_PATH: "acme/shop",
  CI_MERGE_REQUEST_SOURCE_PROJECT_PATH: "acme/shop",
  CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: "dev",
  CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: COMMIT,
  CI_MERGE_REQUEST_TARGET_BRANCH_NAME: "next",
  CI_MERGE_REQUEST_DIFF_BASE_SHA: BASE,
};
const AZURE = {
  TF_BUILD: "True",
  SYSTEM_TEAMPROJECT: "Shop and Co",
  BUILD_REPOSITORY_NAME: "acme/shop",
  BUILD_SOURCEBRANCH: "refs/heads/dev",
  BUILD_SOURCEVERSION: COMMIT,
  BUILD_REQUESTEDFOR: "ada",
};
const AZURE_PULL = {
  ...AZURE,
  BUILD_SOURCEBRANCH: "refs/pull/7/merge",
  BUILD_SOURCEVERSION: ZEROS,
  SYSTEM_PULLREQUEST_PULLREQUESTID: "7",
  SYSTEM_PULLREQUEST_SOURCEBRANCH: "refs/heads/dev",
  SYSTEM_PULLREQUEST_SOURCECOMMITID: COMMIT,
  SYSTEM_PULLREQUEST_TARGETBRANCH: "refs/heads/main",
};
const BITBUCKET = {
  BITBUCKET_BUILD_NUMBER: "1",
  BITBUCKET_WORKSPACE: "acme",
  BITBUCKET_REPO_SLUG: "shop",
  BITBUCKET_BRANCH: "dev",
  BITBUCKET_COMMIT: COMMIT,
};
const JENKINS = {
  JENKINS_URL: "https://ci.example.com/",
  GIT_URL: "git@git.example.com:acme/shop.git",
  GIT_BRANCH: "origin/dev",
  GIT_COMMIT: COMMIT,
};
const CIRCLE = {
  CIRCLECI: "true",
  CIRCLE_PROJECT_USERNAME: "acme",
  CIRCLE_PROJECT_REPONAME: "shop",
  CIRCLE_BRANCH: "dev",
  CIRCLE_SHA1: COMMIT,
  CIRCLE_USERNAME: "ada",
};
const BUILDKITE = {
  BUILDKITE: "true",
  BUILDKITE_REPO: "git@github.com:acme/shop.git",
  BUILDKITE_BRANCH: "dev",
  BUILDKITE_COMMIT: COMMIT,
  BUILDKITE_BUILD_CREATOR: "ada",
  BUILDKITE_PIPELINE_DEFAULT_BRANCH: "main",
  BUILDKITE_PULL_REQUEST: "false",
};
const BUILDKITE_FORK = {
  ...BUILDKITE,
  BUILDKITE_BRANCH: "eve:main",
  BUILDKITE_PULL_REQUEST: "7",
  BUILDKITE_PULL_REQUEST_BASE_BRANCH: "main",
  BUILDKITE_PULL_REQUEST_REPO: "https://github.com/eve/shop.git",
};
const FORK = "pull/7/head";

/** What a job says beside acme/shop, dev and the commit. */
const CASES: [what: string, env: Record<string, string>, says: Partial<Job>][] = [
  ["GitLab, a branch", GITLAB, { author: "ada", base_branch: "main" }],
  ["GitLab, a push", { ...GITLAB, CI_COMMIT_BEFORE_SHA: BASE }, {
    author: "ada",
    base_branch: "main",
    before: BASE,
  }],
  ["GitLab, groups in groups", { ...GITLAB, CI_PROJECT_NAMESPACE: "a/b/c" }, {
    repository: "a--b--c/shop",
    author: "ada",
    base_branch: "main",
  }],
  ["GitLab, a merged result", MERGE_REQUEST, {
    author: "ada",
    base_branch: "next",
    base_commit: BASE,
  }],
  ["GitLab, a fork", { ...MERGE_REQUEST, CI_MERGE_REQUEST_SOURCE_PROJECT_PATH: "eve/shop" }, {
    branch: FORK,
    author: "ada",
    base_branch: "next",
    base_commit: BASE,
    isFork: true,
  }],
  ["GitLab, a tag", { ...GITLAB, CI_COMMIT_TAG: "dev" }, {
    author: "ada",
    base_branch: "main",
    isTag: true,
  }],
  ["Azure, a branch", AZURE, { repository: "Shop-and-Co/shop", author: "ada" }],
  ["Azure, a pull request", AZURE_PULL, {
    repository: "Shop-and-Co/shop",
    author: "ada",
    base_branch: "main",
  }],
  ["Azure, a fork", { ...AZURE_PULL, SYSTEM_PULLREQUEST_ISFORK: "True" }, {
    repository: "Shop-and-Co/shop",
    branch: FORK,
    author: "ada",
    base_branch: "main",
    isFork: true,
  }],
  ["Azure, a tag", { ...AZURE, BUILD_SOURCEBRANCH: "refs/tags/v1" }, {
    repository: "Shop-and-Co/shop",
    branch: "refs/tags/v1",
    author: "ada",
    isTag: true,
  }],
  ["Bitbucket, a branch", BITBUCKET, {}],
  ["Bitbucket, a pull request", { ...BITBUCKET, BITBUCKET_PR_DESTINATION_BRANCH: "main" }, {
    base_branch: "main",
  }],
  ["Bitbucket, a tag", { ...BITBUCKET, BITBUCKET_BRANCH: "", BITBUCKET_TAG: "v1" }, {
    branch: undefined,
    isTag: true,
  }],
  ["Jenkins, a pipeline", JENKINS, {}],
  ["Jenkins, a pull request", {
    ...JENKINS,
    GIT_URL: "ssh://git@git.example.com:7999/acme/shop/",
    BRANCH_NAME: "PR-7",
    CHANGE_ID: "7",
    CHANGE_BRANCH: "dev",
    CHANGE_TARGET: "main",
    CHANGE_AUTHOR: "ada",
  }, { author: "ada", base_branch: "main" }],
  ["Jenkins, a fork", { ...JENKINS, CHANGE_ID: "7", CHANGE_BRANCH: "main", CHANGE_FORK: "eve" }, {
    branch: FORK,
    isFork: true,
  }],
  ["Jenkins, a tag", { ...JENKINS, BRANCH_NAME: "v1", TAG_NAME: "v1" }, {
    branch: "v1",
    isTag: true,
  }],
  ["CircleCI, a branch", CIRCLE, { author: "ada" }],
  ["CircleCI, no account", {
    ...CIRCLE,
    CIRCLE_USERNAME: "",
    CIRCLE_PROJECT_USERNAME: "",
    CIRCLE_REPOSITORY_URL: "https://github.com/acme/shop",
  }, {}],
  ["CircleCI, a fork", { ...CIRCLE, CIRCLE_BRANCH: "pull/7" }, {
    branch: FORK,
    author: "ada",
    isFork: true,
  }],
  ["Buildkite, a branch", BUILDKITE, { author: "ada", base_branch: "main" }],
  ["Buildkite, HEAD", { ...BUILDKITE, BUILDKITE_COMMIT: "HEAD" }, {
    commit: undefined,
    author: "ada",
    base_branch: "main",
  }],
  ["Buildkite, a fork", BUILDKITE_FORK, {
    branch: FORK,
    author: "ada",
    base_branch: "main",
    isFork: true,
  }],
];

Deno.test("each CI system's variables name the repository, the branch and the commit", () => {
  const nothing = { author: undefined, base_branch: undefined };
  for (const [what, env, says] of CASES) {
    const { base_commit, before, ...job } = jobOf({ HOME: "/", ...env })!;
    assert.deepEqual(
      { base_commit, before, ...nothing, ...job },
      {
        ...{ repository: "acme/shop", branch: "dev", commit: COMMIT, isTag: false, isFork: false },
        ...{ ...nothing, base_commit: undefined, before: undefined },
        ...says,
      },
      what,
    );
  }
  assert.equal(jobOf({ HOME: "/", CI: "true" }), undefined);
});

const github = (event_name: string, event: object) => {
  const path = Deno.makeTempFileSync();
  Deno.writeTextFileSync(path, JSON.stringify(event));
  try {
    return jobOf({
      GITHUB_ACTIONS: "true",
      GITHUB_EVENT_NAME: event_name,
      GITHUB_EVENT_PATH: path,
      GITHUB_REPOSITORY: "acme/shop",
      GITHUB_REF_NAME: "dev",
      GITHUB_SHA: COMMIT,
      GITHUB_ACTOR: "ada",
    })!;
  } finally {
    Deno.removeSync(path);
  }
};

Deno.test("GitHub's event says where the change begins", () => {
  const push = github("push", { before: BASE, repository: { default_branch: "main" } });
  assert.deepEqual([push.branch, push.before, push.base_branch], ["dev", BASE, "main"]);
  assert.equal(github("push", { before: ZEROS }).before, undefined);
  const head = { ref: "main", sha: BASE, repo: { full_name: "eve/shop" } };
  const base = { ref: "main", repo: { full_name: "acme/shop" } };
  const fork = github("pull_request", { pull_request: { number: 7, head, base } });
  assert.deepEqual([fork.branch, fork.commit, fork.isFork], [FORK, BASE, true]);
  const merge_group = { base_ref: "refs/heads/main", base_sha: BASE };
  const group = github("merge_group", { merge_group });
  assert.deepEqual([group.base_branch, group.base_commit], ["main", BASE]);
  assert.throws(() => github("workflow_run", {}), /only the Action can do this/);
});

Deno.test("a repository's address names it", () => {
  for (
    const address of [
      "https://git.example.com/acme/shop.git",
      "https://git.example.com/scm/acme/shop/",
      "git@git.example.com:acme/shop",
      "ssh://git@git.example.com:7999/acme/shop.git",
    ]
  ) assert.equal(repositoryOf(address), "acme/shop");
  assert.equal(repositoryOf("/shop"), undefined);
});
