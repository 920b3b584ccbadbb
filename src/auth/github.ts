/**
 * GitHub tokens: a job proves that it may write to a repository by creating a status on its commit,
 * which then tells people what became of the upload.
 */
import { clip, HttpError, quote, unavailable, unprocessable } from "../errors.ts";
import type { Log } from "../log.ts";
import { type Credential, type FinalStatus, PLAIN_GRANT, unauthorized } from "./credential.ts";
import { fetchBounded } from "./fetch_bounded.ts";
import { githubOf } from "../model/code_host.ts";

/** Longest description that GitHub accepts. */
const MAX_DESCRIPTION = 140;
const NO_COMMIT = "0".repeat(40);

interface Commit {
  readonly api: string;
  readonly org_name: string;
  readonly repo_name: string;
  readonly commit_hash: string;
  /** Names the status. */
  readonly context: string;
}

interface Status {
  readonly state: "pending" | "success" | "failure" | "error";
  readonly description: string;
  readonly target_url?: string;
}

/** The credential of a token; GitHub is only asked when it is used. */
export function createGithub(
  { apiUrls, answerMs = 10_000, log }: {
    apiUrls: readonly string[];
    answerMs?: number;
    log: Log;
  },
): (token: string) => Credential {
  const create = (token: string, commit: Commit, status: Status) =>
    createStatus(token, commit, status, AbortSignal.timeout(answerMs));
  return (token) => ({
    async authorize({ org_name, repo_name, commit_hash, github_api_url }, pending) {
      const api = chooseApiUrl(github_api_url, apiUrls);
      if (!pending) {
        // GitHub looks at the permission first: a commit that is in no repository tells whether the
        // token may create a status, and gets none.
        const nowhere = { api, org_name, repo_name, commit_hash: NO_COMMIT, context: "coverage" };
        const answer = await create(token, nowhere, { state: "pending", description: "" });
        if (answer.status !== 422) throw await rejection(answer, nowhere);
        return { ...PLAIN_GRANT, identity: githubOf(api) };
      }
      if (commit_hash === undefined) {
        throw unprocessable({
          commit_hash:
            "commit_hash is missing: a GitHub token is checked by a status on that commit.",
        });
      }
      const { context, description } = pending;
      const commit: Commit = { api, org_name, repo_name, commit_hash, context };
      const answer = await create(token, commit, { state: "pending", description });
      if (answer.status !== 201) throw await rejection(answer, commit);
      return { identity: githubOf(api), setStatus: (status) => setStatus(token, commit, status) };
    },
  });

  async function setStatus(token: string, commit: Commit, final: FinalStatus): Promise<void> {
    const { state, description } = final;
    const url = final.state === "error" ? undefined : final.url;
    try {
      const status = { state, description, ...(url === undefined ? {} : { target_url: url }) };
      let answer = await create(token, commit, status).catch(() => undefined);
      // Once more after an outage: a commit that stays pending may hold up a pull request.
      if (!answer || answer.status >= 500) {
        answer = await create(token, commit, status);
      }
      if (answer.status !== 201) throw await rejection(answer, commit);
    } catch (error) {
      log.warn("the final commit status could not be set", {
        repository: `${commit.org_name}/${commit.repo_name}`,
        commit: commit.commit_hash,
        state,
        error,
      });
    }
  }
}

/**
 * The address among `allowed` that a request names, with or without its scheme. Throws 422 for any
 * other: a request chooses among those of the operator, and never adds one.
 */
function chooseApiUrl(given: string | undefined, allowed: readonly string[]): string {
  const [only] = allowed;
  if (given === undefined && only !== undefined && allowed.length === 1) return only;
  // Compared as text, so that nothing gets through that another parser reads differently.
  const wanted = given?.replace(/\/$/, "").toLowerCase();
  const found = allowed.find((url) =>
    [url, url.replace(/^https?:\/\//, "")].some((text) => text.toLowerCase() === wanted)
  );
  if (found) return found;
  const actual = given === undefined ? "is missing" : `is ${quote(given)}`;
  throw unprocessable({
    github_api_url: `github_api_url ${actual}; it must be one of ${allowed.join(", ")}.`,
  });
}

/** https://docs.github.com/en/rest/commits/statuses#create-a-commit-status */
async function createStatus(
  token: string,
  commit: Commit,
  status: Status,
  signal: AbortSignal,
): Promise<Response> {
  const { api, org_name, repo_name, commit_hash, context } = commit;
  const path = ["repos", org_name, repo_name, "statuses", commit_hash].map(encodeURIComponent);
  try {
    return await fetchBounded(`${api}/${path.join("/")}`, {
      method: "POST",
      headers: {
        accept: "application/vnd.github+json",
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "user-agent": "coverage-server",
        "x-github-api-version": "2022-11-28",
      },
      body: JSON.stringify({
        ...status,
        context,
        description: clip(plain(status.description), MAX_DESCRIPTION - 1),
      }),
      // The token is for this address, and not for one that it may point to.
      redirect: "manual",
      signal,
    });
  } catch (error) {
    throw unavailable(`${api} does not answer. Retry shortly.`, error);
  }
}

/** GitHub accepts no character of four bytes in a description. */
function plain(text: string): string {
  return text.toWellFormed().replaceAll(/[\u{10000}-\u{10ffff}]/gu, "?");
}

/** What an answer other than 201 means to the client. */
async function rejection(answer: Response, commit: Commit): Promise<HttpError> {
  const { status } = answer;
  const { api, org_name, repo_name, commit_hash } = commit;
  const repository = `${org_name}/${repo_name}`;
  const said = await messageOf(answer);
  if (status === 401) return unauthorized(`${api} does not accept the token: ${said}.`);
  const waitSeconds = limitedFor(answer);
  if (waitSeconds !== undefined) {
    return new HttpError(429, `${api} accepts no more requests with this token for now: ${said}.`, {
      headers: { "retry-after": String(waitSeconds) },
    });
  }
  if (status === 403) {
    return new HttpError(
      403,
      `The token may not create commit statuses in ${repository}: ${said}. ` +
        "A job of GitHub Actions needs `permissions: statuses: write`.",
    );
  }
  if (status === 404) {
    return new HttpError(
      403,
      `${repository} was not found at ${api}, or the token cannot write to it.`,
    );
  }
  if (status === 422) {
    return unprocessable({
      commit_hash: `commit_hash is ${quote(commit_hash)}; ${api} accepts no status for it in ` +
        `${repository}: ${said}.`,
    });
  }
  if (status >= 300 && status < 400) {
    return unprocessable({
      repo_name: `${repository} was renamed on ${api}; use its new name.`,
    });
  }
  return unavailable(`${api} failed (${status}). Retry shortly.`, said);
}

/** Seconds until GitHub accepts requests again; undefined where it did not refuse for that reason. */
function limitedFor({ status, headers }: Response): number | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const after = Number(headers.get("retry-after") ?? NaN);
  if (Number.isFinite(after)) return Math.max(1, Math.ceil(after));
  if (headers.get("x-ratelimit-remaining") === "0") {
    const reset = Number(headers.get("x-ratelimit-reset") ?? NaN) - Date.now() / 1000;
    return Number.isFinite(reset) ? Math.max(1, Math.ceil(reset)) : 60;
  }
  return status === 429 ? 60 : undefined;
}

async function messageOf(answer: Response): Promise<string> {
  try {
    const { message } = await answer.json();
    return clip(String(message ?? answer.status)).replace(/\.$/, "");
  } catch {
    return `status ${answer.status}`;
  }
}
