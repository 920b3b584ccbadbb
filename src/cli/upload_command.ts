import { realpathSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { counted, HttpError, OperatorError, UsageError } from "../errors.ts";
import { parseUploadQuery } from "../model/upload_fields.ts";
import { API_PATH } from "../model/urls.ts";
import { type Job, jobOf, repositoryOf } from "./ci_systems.ts";
import type { Command } from "./command.ts";
import { type Change, Checkout } from "./git_change.ts";
import { commentHostOf, writeComment } from "./pull_request_comment.ts";
import { packed, readReport, type Report } from "./report_folder.ts";
import { describeAnswer, didPass, plain, readAnswer } from "./upload_answer.ts";
import { credential, requestJson, requestText } from "./upload_request.ts";

type Options = Readonly<Record<string, string | undefined>>;

/** What is asked of the server: the names of fields and their values. */
type Field = readonly [name: string, value: string | undefined];

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
    const found = await fieldsOf(options, job, git, report);
    const { change } = found;
    const diff = change.diff && { path: `${report.name}.diff`, bytes: change.diff };
    const fields = found.fields.concat([["diff_file_name", diff?.path]])
      .filter((field): field is [string, string] => Boolean(field[1]));
    checkFields(fields);

    for (const note of report.notes) say(note);
    if (change.reason) say(`There is no diff. ${change.reason}`);
    const bytes = report.files.reduce((sum, { size }) => sum + size, diff?.bytes.byteLength ?? 0);
    const files = counted(report.files.length, "file");
    const what = `${files}${diff ? " and the diff" : ""}, ${megabytes(bytes)}`;
    if (flags.has("dry-run")) {
      say(`To send to ${api}: ${what}.`);
      for (const [name, value] of fields) say(`- ${name}: ${value}`);
      return;
    }
    const token = await credential(env, options.audience ?? new URL(api).origin);
    if (token === undefined && job?.isFork) {
      return say("A pull request of another repository has no token. Nothing was uploaded.");
    }
    say(`Sending ${what}.`);
    const answer = readAnswer(
      await requestJson(`${api}?${queryOf(fields)}`, {
        method: "POST",
        token,
        headers: { "content-type": "application/gzip" },
        body: () => packed(report.files, diff),
      }),
      api,
    );
    for (const line of describeAnswer(answer)) say(line);
    await comment(env, api, token, found.fields);
    if (!didPass(answer)) throw new OperatorError("A check failed.");
  },
};

/** Writes the pull request's comment, if the job has a token for it. A failure does not fail the job. */
async function comment(
  env: Readonly<Record<string, string>>,
  api: string,
  token: string | undefined,
  fields: readonly Field[],
): Promise<void> {
  const { org_name, repo_name, base_branch: base, branch_name: head } = Object.fromEntries(fields);
  const host = commentHostOf(env);
  if (!host || !env.COMMENT_TOKEN || !base) return;
  const query = queryOf(Object.entries({ org_name, repo_name, base, head }) as [string, string][]);
  try {
    const headers = { accept: "text/markdown" };
    const text = await requestText(`${api}/compare?${query}`, { token, headers });
    await writeComment(host, env.COMMENT_TOKEN, text);
    say("The comment of the pull request is up to date.");
  } catch (error) {
    say(`The comment of the pull request was not written: ${(error as Error).message}`);
  }
}

function queryOf(fields: readonly (readonly [string, string])[]): URLSearchParams {
  return new URLSearchParams(fields.map(([...field]) => field));
}

/** Without option, the names come from the CI system, then from git. */
async function fieldsOf(
  options: Options,
  job: Partial<Job> = {},
  git: Checkout,
  report: Report,
): Promise<{ fields: Field[]; change: Change }> {
  const [org_name, repo_name, ...more] =
    (options.repo ?? job.repository ?? repositoryOf(await git.remote()) ?? "").split("/");
  if (!org_name || !repo_name || more.length > 0) {
    throw new UsageError("The repository is not known; --repo names it, as org/repo.");
  }
  const branch = options.branch ?? job.branch ?? await git.branch();
  if (branch === undefined) throw new UsageError("The branch is not known; --branch names it.");
  const commit = job.commit ?? await git.head();
  if (commit === undefined) throw new UsageError("The commit is not known: no checkout of git.");

  const isCommit = /^[0-9a-f]{40,64}$/.test(options.base ?? "");
  const base_branch = (isCommit ? undefined : options.base) ?? job.base_branch ??
    await git.defaultBranch();
  const base = options.base ?? (base_branch === branch ? job.before : base_branch);
  const change = await git.change({
    commit,
    ...(base === undefined ? {} : { base }),
    base_commit: options.base === undefined ? job.base_commit : undefined,
  });
  const fields: Field[] = [
    ["org_name", org_name],
    ["repo_name", repo_name],
    ["branch_name", branch],
    ["commit_hash", commit],
    ["commit_author", job.author ?? await git.author(commit) ?? "unknown"],
    ["language", options.language ?? "go"],
    ...report.coverageFiles.map((file): Field => ["coverage_xml_file_name", file]),
    ["github_api_url", job.github_api_url],
    ["commit_time", await git.time(commit, job.before)],
    ["part", options.part],
    ["base_branch", base_branch],
    ["base_commit", change.base_commit],
    ["fail_under", options["fail-under"]],
    ["max_drop", options["max-drop"]],
    ["patch_fail_under", options["patch-fail-under"]],
  ];
  return { fields, change };
}

/** As the server checks them, so that nothing is sent for nothing. */
function checkFields(fields: readonly [string, string][]): void {
  try {
    parseUploadQuery(queryOf(fields), "raw");
  } catch (error) {
    throw error instanceof HttpError ? new UsageError(error.message) : error;
  }
}

/** The address of the API, of the server's or of the API's. */
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
  const from = Deno.cwd() === home ? taskFolder ?? home : Deno.cwd();
  try {
    const folder = realpathSync(resolve(from, name));
    if (Deno.statSync(folder).isDirectory && folder !== "/") return folder;
  } catch {
    // It is not there.
  }
  throw new UsageError(`${resolve(from, name)} is not a folder to upload; --folder names it.`);
}

function megabytes(bytes: number): string {
  return bytes < 100_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function say(line: string): void {
  console.log(plain(line));
}
