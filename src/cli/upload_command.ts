import { realpathSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { counted, HttpError, OperatorError, UsageError } from "../errors.ts";
import { parseUploadQuery } from "../model/upload_fields.ts";
import { API_PATH } from "../model/urls.ts";
import { type Job, jobOf, repositoryOf } from "./ci_systems.ts";
import type { Command } from "./command.ts";
import { Checkout, isHash } from "./git_change.ts";
import { commentHostOf, writeComment } from "./pull_request_comment.ts";
import { packed, readReport, type Report } from "./report_folder.ts";
import { describeAnswer, didPass, plain, readAnswer } from "./upload_answer.ts";
import { credential, requestJson, requestText } from "./upload_request.ts";

type Values = Readonly<Record<string, string | undefined>>;

export const uploadCommand: Command = {
  summary: "Upload a folder with a coverage report from a CI job or by hand.",
  details:
    `The branch, the commit and the change come from git and from the variables of GitHub Actions,
GitLab CI, Bitbucket, Azure, Jenkins, CircleCI and Buildkite. The credential is COVERAGE_TOKEN; in a
job of GitHub with \`id-token: write\` it is the job's OIDC token. With COMMENT_TOKEN, a token of GitLab,
Bitbucket or Azure, a pull request gets one comment.
Exits 1 if the upload is refused or a check fails, 2 for wrong options.`,
  options: {
    "url": "The server's address; default: COVERAGE_URL.",
    "folder": "Folder to upload. Default: coverage.",
    "file": "Coverage file in it: a name, a path or a pattern; several with commas.",
    "language": "Keeps the reports of one branch apart. Default: go.",
    "part": "This job's share of the tests, if several jobs upload one.",
    "repo": "org/repo.",
    "branch": "The branch.",
    "base": "The branch or commit where the change begins.",
    "fail-under": "Least coverage in percent.",
    "max-drop": "How far it may be below the base, in percentage points.",
    "patch-fail-under": "Least coverage of the changed lines in percent.",
    "audience": "Of the OIDC token. Default: the origin of the server's address.",
  },
  flags: { "dry-run": "Only say what would be sent." },
  async run(_operands, flags, options) {
    const env = Deno.env.toObject();
    const api = apiOf(options.url ?? env.COVERAGE_URL);
    const job = jobOf(env);
    if (job?.isTag) return say("This is a tag; only branches have coverage. Nothing was uploaded.");
    const folder = folderOf(options.folder ?? "coverage", env.INIT_CWD);
    const report = await readReport(folder, options.file?.split(",").filter(Boolean) ?? []);
    const git = new Checkout(folder, { isTrusted: job !== undefined });
    const { query, diff, reason } = await queryOf(options, job, git, report);
    checkQuery(query);

    for (const note of report.notes) say(note);
    if (reason) say(`There is no diff. ${reason}`);
    const files = counted(report.files.length, "file");
    const bytes = report.files.reduce((sum, { size }) => sum + size, diff?.bytes.byteLength ?? 0);
    const what = `${files}${diff ? " and the diff" : ""}, ${megabytes(bytes)}`;
    if (flags.has("dry-run")) {
      say(`To send to ${api}: ${what}.`);
      for (const [name, value] of query) say(`- ${name}: ${value}`);
      return;
    }
    const token = await credential(env, options.audience ?? new URL(api).origin);
    if (token === undefined && job?.isFork) {
      return say("A pull request of another repository has no token. Nothing was uploaded.");
    }
    say(`Sending ${what}.`);
    const headers = { "content-type": "application/gzip" };
    const answer = await requestJson(`${api}?${query}`, {
      method: "POST",
      token,
      headers,
      body: (failed) => packed(report.files, diff, failed),
    });
    for (const line of describeAnswer(readAnswer(answer, api))) say(line);
    await comment(env, api, token, query);
    if (!didPass(answer)) throw new OperatorError("A check failed.");
  },
};

/** What is asked of the server. Without options the names come from the CI system, then from git. */
async function queryOf(options: Values, job: Partial<Job> = {}, git: Checkout, report: Report) {
  const repository = options.repo ?? job.repository ?? repositoryOf(await git.remote()) ?? "";
  const [org_name, repo_name, ...more] = repository.split("/");
  if (!org_name || !repo_name || more.length > 0) {
    throw new UsageError("The repository is not known; --repo names it, as org/repo.");
  }
  const branch_name = options.branch ?? job.branch ?? await git.branch();
  if (!branch_name) throw new UsageError("The branch is not known; --branch names it.");
  const commit = job.commit ?? await git.head();
  if (!commit) throw new UsageError("The commit is not known, because this is no checkout of git.");

  const { base: wanted } = options;
  const base_branch = (isHash(wanted) ? undefined : wanted) ?? job.base_branch ??
    await git.defaultBranch();
  const { base_commit, diff, reason } = await git.change({
    commit,
    base: wanted ?? (base_branch === branch_name ? job.before : base_branch),
    base_commit: wanted === undefined ? job.base_commit : undefined,
  });
  const diff_file_name = diff && `${report.name}.diff`;
  const fields = {
    ...{ org_name, repo_name, branch_name, commit_hash: commit },
    commit_author: job.author ?? await git.author(commit) ?? "unknown",
    commit_time: await git.time(commit, job.before),
    language: options.language ?? "go",
    part: options.part,
    github_api_url: job.github_api_url,
    ...{ base_branch, base_commit, diff_file_name },
    fail_under: options["fail-under"],
    max_drop: options["max-drop"],
    patch_fail_under: options["patch-fail-under"],
  };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value) query.set(name, value);
  for (const file of report.coverageFiles) query.append("coverage_xml_file_name", file);
  return { query, reason, diff: diff && { path: diff_file_name!, bytes: diff } };
}

/** Checks it as the server does, so that nothing is packed for nothing. */
function checkQuery(query: URLSearchParams): void {
  try {
    parseUploadQuery(query, "raw");
  } catch (error) {
    throw error instanceof HttpError ? new UsageError(error.message) : error;
  }
}

/** Writes the pull request's comment, if the job has a token for it. A failure does not fail the job. */
async function comment(
  env: Values,
  api: string,
  token: string | undefined,
  query: URLSearchParams,
) {
  const host = commentHostOf(env);
  const [base, head] = [query.get("base_branch"), query.get("branch_name")!];
  if (!host || !env.COMMENT_TOKEN || !base) return;
  const [org_name, repo_name] = [query.get("org_name")!, query.get("repo_name")!];
  const compared = new URLSearchParams({ org_name, repo_name, base, head });
  try {
    const headers = { accept: "text/markdown" };
    const text = await requestText(`${api}/compare?${compared}`, { token, headers });
    await writeComment(host, env.COMMENT_TOKEN, text);
    say("The comment of the pull request is up to date.");
  } catch (error) {
    say(`The comment of the pull request was not written: ${(error as Error).message}`);
  }
}

/** The address of the API, which may be given without its path. */
function apiOf(address: string | undefined): string {
  const url = URL.parse(address ?? "");
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username) {
    const actual = address ? `is ${JSON.stringify(address)}` : "is not set";
    throw new UsageError(
      `The server's address ${actual}; --url or COVERAGE_URL must be like https://coverage.example.com.`,
    );
  }
  const path = url.href.replace(/\/+$/, "");
  return path.endsWith(API_PATH) ? path : path + API_PATH;
}

/** `deno task` starts commands in the folder of `deno.json`. */
function folderOf(name: string, taskFolder: string | undefined): string {
  const home = dirname(dirname(fileURLToPath(new URL("./", import.meta.url))));
  const path = resolve(Deno.cwd() === home ? taskFolder ?? home : Deno.cwd(), name);
  try {
    const folder = realpathSync(path);
    if (Deno.statSync(folder).isDirectory && basename(folder) !== "") return folder;
  } catch {
    // It is not there.
  }
  throw new UsageError(`${path} is not a folder to upload; --folder names it.`);
}

function megabytes(bytes: number): string {
  return bytes < 100_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function say(line: string): void {
  console.log(plain(line));
}
