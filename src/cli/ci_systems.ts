/** What each CI system says of its job: the variables that it documents. */
import { OperatorError } from "../errors.ts";

export interface Job {
  /** `org/repo`. */
  readonly repository?: string | undefined;
  readonly branch?: string | undefined;
  /** The commit that the upload is stored for. Of a pull request its head, not its merge. */
  readonly commit?: string | undefined;
  readonly author?: string | undefined;
  /** The branch that the change goes into. */
  readonly base_branch?: string | undefined;
  /** The merge base, where the system knows it. */
  readonly base_commit?: string | undefined;
  /** Where the branch was before this push. */
  readonly before?: string | undefined;
  readonly github_api_url?: string | undefined;
  readonly isTag: boolean;
  /** Whether it runs for a pull request of another repository. */
  readonly isFork: boolean;
}

type Variables = Readonly<Record<string, string | undefined>>;
interface Named {
  readonly ref?: string;
  readonly sha?: string;
  readonly repo?: { readonly full_name: string };
}

/** The part of GitHub's event that is read. */
interface GithubEvent {
  readonly before?: string;
  readonly repository?: { readonly default_branch?: string };
  readonly pull_request?: {
    readonly number: number;
    readonly head: Named;
    readonly base: Named;
  };
  readonly merge_group?: { readonly base_ref: string; readonly base_sha: string };
}

/** By the variable that tells the system. */
const SYSTEMS: Readonly<Record<string, (env: Variables) => Job>> = {
  GITHUB_ACTIONS: github,
  GITLAB_CI: (env) => ({
    // No other group can have two dashes in a row.
    repository: `${env.CI_PROJECT_NAMESPACE?.replaceAll("/", "--")}/${env.CI_PROJECT_NAME}`,
    ...branchOrFork(
      env.CI_MERGE_REQUEST_SOURCE_BRANCH_NAME ?? env.CI_COMMIT_REF_NAME,
      env.CI_MERGE_REQUEST_IID,
      env.CI_MERGE_REQUEST_SOURCE_PROJECT_PATH !== env.CI_MERGE_REQUEST_PROJECT_PATH,
    ),
    // In merged results pipelines CI_COMMIT_SHA is a merge commit that is on no branch.
    commit: env.CI_MERGE_REQUEST_SOURCE_BRANCH_SHA ?? env.CI_COMMIT_SHA,
    author: env.GITLAB_USER_LOGIN,
    base_branch: env.CI_MERGE_REQUEST_TARGET_BRANCH_NAME ?? env.CI_DEFAULT_BRANCH,
    base_commit: env.CI_MERGE_REQUEST_DIFF_BASE_SHA,
    before: hashOf(env.CI_COMMIT_BEFORE_SHA),
    isTag: env.CI_COMMIT_TAG !== undefined,
  }),
  BITBUCKET_BUILD_NUMBER: (env) => ({
    repository: `${env.BITBUCKET_WORKSPACE}/${env.BITBUCKET_REPO_SLUG}`,
    branch: env.BITBUCKET_BRANCH,
    commit: env.BITBUCKET_COMMIT,
    base_branch: env.BITBUCKET_PR_DESTINATION_BRANCH,
    isTag: env.BITBUCKET_TAG !== undefined,
    isFork: false, // no pipeline runs for them
  }),
  TF_BUILD: (env) => {
    const ref = env.SYSTEM_PULLREQUEST_SOURCEBRANCH ?? env.BUILD_SOURCEBRANCH;
    const number = env.SYSTEM_PULLREQUEST_PULLREQUESTNUMBER ?? env.SYSTEM_PULLREQUEST_PULLREQUESTID;
    return {
      repository: `${env.SYSTEM_TEAMPROJECT?.replaceAll(/[^A-Za-z0-9._-]/g, "-")}/${
        env.BUILD_REPOSITORY_NAME?.split("/").at(-1)
      }`,
      ...branchOrFork(branchOf(ref), number, env.SYSTEM_PULLREQUEST_ISFORK === "True"),
      commit: env.SYSTEM_PULLREQUEST_SOURCECOMMITID ?? env.BUILD_SOURCEVERSION,
      author: env.BUILD_REQUESTEDFOR,
      base_branch: branchOf(env.SYSTEM_PULLREQUEST_TARGETBRANCH),
      isTag: ref?.startsWith("refs/tags/") ?? false,
    };
  },
  JENKINS_URL: (env) => ({
    repository: repositoryOf(env.GIT_URL),
    ...branchOrFork(
      env.CHANGE_BRANCH ?? env.BRANCH_NAME ?? env.GIT_BRANCH?.replace(/^origin\//, ""),
      env.CHANGE_ID,
      env.CHANGE_FORK !== undefined,
    ),
    commit: env.GIT_COMMIT,
    author: env.CHANGE_AUTHOR,
    base_branch: env.CHANGE_TARGET,
    isTag: env.TAG_NAME !== undefined,
  }),
  CIRCLECI: (env) => {
    const [, number] = /^pull\/(\d+)$/.exec(env.CIRCLE_BRANCH ?? "") ?? [];
    const { CIRCLE_PROJECT_USERNAME: org, CIRCLE_PROJECT_REPONAME: repo } = env;
    return {
      repository: org && repo ? `${org}/${repo}` : repositoryOf(env.CIRCLE_REPOSITORY_URL),
      ...branchOrFork(env.CIRCLE_BRANCH, number, number !== undefined),
      commit: env.CIRCLE_SHA1,
      author: env.CIRCLE_USERNAME,
      isTag: env.CIRCLE_TAG !== undefined,
    };
  },
  BUILDKITE: (env) => {
    const { BUILDKITE_PULL_REQUEST: number, BUILDKITE_PULL_REQUEST_REPO: head } = env;
    const isPull = number !== undefined && number !== "false";
    const isFork = isPull && head !== undefined &&
      repositoryOf(head) !== repositoryOf(env.BUILDKITE_REPO);
    return {
      repository: repositoryOf(env.BUILDKITE_REPO),
      ...branchOrFork(env.BUILDKITE_BRANCH, number, isFork),
      commit: hashOf(env.BUILDKITE_COMMIT), // may be HEAD
      author: env.BUILDKITE_BUILD_AUTHOR ?? env.BUILDKITE_BUILD_CREATOR,
      base_branch: env.BUILDKITE_PULL_REQUEST_BASE_BRANCH ?? env.BUILDKITE_PIPELINE_DEFAULT_BRANCH,
      isTag: env.BUILDKITE_TAG !== undefined,
    };
  },
};

/** Undefined outside of the systems that are known. An empty variable counts as unset. */
export function jobOf(environment: Variables): Job | undefined {
  const env = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== ""),
  );
  const [, system] = Object.entries(SYSTEMS).find(([name]) => env[name]) ?? [];
  return system?.(env);
}

/** `org/repo` of a repository's address: its last two parts, whatever kind of address it is. */
export function repositoryOf(address: string | undefined): string | undefined {
  const path = address?.replace(/\/$/, "").replace(/\.git$/, "");
  const [, org, repo] = /([^/:]+)[/:]+([^/:]+)$/.exec(path ?? "") ?? [];
  return org && repo ? `${org}/${repo}` : undefined;
}

function github(env: Variables): Job {
  const { GITHUB_EVENT_NAME: name, GITHUB_EVENT_PATH: path } = env;
  const event: GithubEvent = path ? JSON.parse(Deno.readTextFileSync(path)) : {};
  if (name === "workflow_run" || name === "delete") {
    throw new OperatorError(`On ${name} only the Action can do this; docs/ci.md describes it.`);
  }
  const job = {
    repository: env.GITHUB_REPOSITORY,
    branch: env.GITHUB_REF_NAME,
    commit: env.GITHUB_SHA,
    author: env.GITHUB_ACTOR,
    base_branch: event.repository?.default_branch,
    before: hashOf(event.before),
    github_api_url: env.GITHUB_API_URL,
    isTag: env.GITHUB_REF_TYPE === "tag",
    isFork: false,
  };
  if (event.pull_request) {
    const { number, head, base } = event.pull_request;
    const isFork = head.repo?.full_name !== base.repo?.full_name;
    return {
      ...job,
      ...branchOrFork(head.ref, String(number), isFork),
      commit: head.sha,
      base_branch: base.ref,
    };
  }
  if (event.merge_group) {
    const { base_ref, base_sha } = event.merge_group;
    return { ...job, base_branch: branchOf(base_ref), base_commit: base_sha };
  }
  return job;
}

/** A fork's main is not this repository's main. */
function branchOrFork(branch: string | undefined, number: string | undefined, isFork: boolean) {
  return { branch: isFork && number ? `pull/${number}/head` : branch, isFork };
}

function branchOf(ref: string | undefined): string | undefined {
  return ref?.replace(/^refs\/heads\//, "");
}

/** Undefined for the zeros that stand for no commit, and for what is no hash. */
function hashOf(text: string | undefined): string | undefined {
  return text && /^(?!0+$)[0-9a-f]{40,64}$/.test(text) ? text : undefined;
}
