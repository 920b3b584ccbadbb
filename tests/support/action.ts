// Runs the Action as a runner of GitHub does: `action.yml` says what is run with which environment,
// a real bash runs it, in a workspace of a test's own. Where a tool of the scripts is missing these
// tests are skipped and say so, unless `ACTION_TOOLS=required`.
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { readConfig } from "../../src/config.ts";
import { cobertura, tar } from "./archive.ts";
import { type GitHub, type RepositoryOptions, startGitHub } from "./github.ts";
import { type ListeningApp, listeningApp } from "./listening.ts";
import { pathOf } from "./programs.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const TOOLS = ["bash", "curl", "git", "tar", "gzip", "jq", "awk"];

export const JOB = "ghs_thejobstoken";
/** The token of a job that may only read. */
export const READ_ONLY = "ghs_aforkstoken";
/** The commit that is pushed, or the head of the pull request. */
export const HEAD = "a".repeat(40);
/** The commit that GitHub makes of a pull request. */
export const MERGE = "b".repeat(40);

const missing = TOOLS.filter((tool) => !pathOf(tool));
if (missing.length > 0) {
  const sentence = `Tests of the Action need ${missing.join(", ")}`;
  if (Deno.env.get("ACTION_TOOLS") === "required") throw new Error(`${sentence}.`);
  console.log(`${sentence}; they are skipped.`);
}

/** The environment variables of a server that knows a GitHub. */
export type Settings = (
  github: GitHub,
) => Record<string, string> | Promise<Record<string, string>>;

/** A test that runs the Action; the server takes uploads from anybody unless its settings differ. */
export function actionTest(
  name: string,
  fn: (world: World) => Promise<void>,
  settings: Settings = () => ({ AUTH: "none" }),
): void {
  Deno.test({
    name,
    ignore: missing.length > 0,
    fn: async () => {
      await using world = await makeWorld(settings);
      await fn(world);
    },
  });
}

export interface RunOptions {
  /** Inputs of the workflow; what is not given has the default of `action.yml`. */
  inputs?: Record<string, string>;
  /** The event's name; default: `push`. */
  event?: string;
  payload?: unknown;
  env?: Record<string, string>;
  /** The job's own token; default: {@linkcode JOB}. */
  jobToken?: string;
}

export interface Run {
  code: number;
  output: string;
  outputs: Record<string, string>;
  summary: string;
}

export interface World extends AsyncDisposable {
  readonly server: ListeningApp;
  readonly github: GitHub;
  readonly workspace: string;
  /** Writes a report into the workspace: so many of 100 lines covered. */
  report(covered: number, folder?: string, file?: string): Promise<void>;
  /** Uploads such a report to a branch, without the Action. */
  upload(covered: number, branch_name?: string): Promise<void>;
  /** Runs the Action in a job of acme/shop. */
  run(options?: RunOptions): Promise<Run>;
  /** The same for a job that must succeed. */
  passes(options?: RunOptions): Promise<Run>;
  /** The same for a job that must fail with such an error. */
  fails(error: RegExp, options?: RunOptions): Promise<Run>;
}

const SHOP: RepositoryOptions = {
  owner: "acme",
  name: "shop",
  commits: [HEAD, MERGE],
  branches: ["main", "dev"],
  pulls: [7],
  tokens: {
    [JOB]: { contents: "read", statuses: "write", "pull-requests": "write" },
    [READ_ONLY]: { contents: "read", statuses: "read", "pull-requests": "read" },
    ghp_adas: { contents: "write", "pull-requests": "write" },
  },
};

async function makeWorld(settings: Settings): Promise<World> {
  const github = await startGitHub({ repositories: [SHOP], people: { ghp_adas: "ada" } });
  const { limits, auth, login } = readConfig(await settings(github));
  const server = await listeningApp({ config: { limits, auth, login } });
  const folder = await Deno.makeTempDir({ prefix: "coverage-action-" });
  const workspace = join(folder, "workspace");
  await Deno.mkdir(workspace);
  const run = async (options: RunOptions = {}) => {
    const temp = await Deno.makeTempDir({ dir: folder });
    const run = await runAction({ server, github, workspace, temp }, options);
    const left = Array.from(Deno.readDirSync(temp), ({ name }) => name);
    assert.deepEqual(left, [], "nothing is left in the runner's folder");
    return run;
  };
  return {
    run,
    server,
    github,
    workspace,
    async report(covered, name = "build", file = "coverage.xml") {
      const path = join(workspace, name, file);
      await Deno.mkdir(dirname(path), { recursive: true });
      await Deno.writeTextFile(path, cobertura(covered, 100));
      await Deno.writeTextFile(join(workspace, name, "index.html"), "<h1>coverage</h1>");
    },
    async upload(covered, branch_name = "main") {
      const archive = tar([{ name: "coverage.xml", content: cobertura(covered, 100) }]);
      assert.equal((await server.upload(archive, { branch_name })).status, 200);
    },
    async passes(options) {
      const passed = await run(options);
      assert.equal(passed.code, 0, passed.output);
      return passed;
    },
    async fails(error, options) {
      const failed = await run(options);
      assert.equal(failed.code, 1, failed.output);
      assert.match(annotations(failed, "error")[0] ?? "", error);
      return failed;
    },
    async [Symbol.asyncDispose]() {
      await Deno.remove(folder, { recursive: true });
      await server[Symbol.asyncDispose]();
      await github[Symbol.asyncDispose]();
    },
  };
}

/** What `action.yml` says. */
export interface ActionFile {
  inputs: Record<string, { description: string; required?: boolean; default?: string }>;
  outputs: Record<string, { description: string; value: string }>;
  runs: { using: string; steps: Step[] };
}

export interface Step {
  id: string;
  shell: string;
  env: Record<string, string>;
  run: string;
}

/** Reads `action.yml`, whose one step is run. */
export async function readActionFile(): Promise<ActionFile & { step: Step }> {
  const action: ActionFile = parse(await Deno.readTextFile(join(root, "action.yml")));
  assert.deepEqual([action.runs.using, action.runs.steps.length], ["composite", 1]);
  return { ...action, step: action.runs.steps[0]! };
}

async function runAction(
  { server, github, workspace, temp }: {
    server: ListeningApp;
    github: GitHub;
    workspace: string;
    temp: string;
  },
  { inputs = {}, event = "push", payload = {}, env = {}, jobToken = JOB }: RunOptions,
): Promise<Run> {
  const action = await readActionFile();
  const values: Record<string, string> = { "github.token": jobToken };
  const evaluated = (text: string) =>
    text.replaceAll(/\$\{\{ ([\w.]+) \}\}/g, (_, name) => {
      assert(name in values, `${name} has a value`);
      return values[name]!;
    });
  const given: Record<string, string> = { api_host: server.api, ...inputs };
  for (const [name, { default: fallback = "" }] of Object.entries(action.inputs)) {
    values[`inputs.${name}`] = given[name] ?? evaluated(fallback);
  }
  const files = await Deno.makeTempDir({ prefix: "coverage-action-files-" });
  const file = async (name: string, content: string) => {
    await Deno.writeTextFile(join(files, name), content);
    return join(files, name);
  };
  const isPull = event.startsWith("pull_request");
  const { success: _, code, stdout, stderr } = await new Deno.Command(pathOf("bash")!, {
    args: ["--noprofile", "--norc", "-eo", "pipefail", "-c", action.step.run],
    cwd: workspace,
    clearEnv: true,
    env: {
      PATH: Deno.env.get("PATH")!,
      LANG: "C.UTF-8",
      GITHUB_ACTIONS: "true",
      GITHUB_ACTION_PATH: root.replace(/\/$/, ""),
      GITHUB_ACTOR: "ada",
      GITHUB_API_URL: github.address,
      GITHUB_GRAPHQL_URL: `${github.address}/graphql`,
      GITHUB_EVENT_NAME: event,
      GITHUB_EVENT_PATH: await file("event.json", JSON.stringify(payload)),
      GITHUB_OUTPUT: await file("output", ""),
      GITHUB_REF: isPull ? "refs/pull/7/merge" : "refs/heads/main",
      GITHUB_REF_NAME: isPull ? "7/merge" : "main",
      GITHUB_REF_TYPE: "branch",
      GITHUB_REPOSITORY: "acme/shop",
      GITHUB_SHA: isPull && event === "pull_request" ? MERGE : HEAD,
      GITHUB_STEP_SUMMARY: await file("summary", ""),
      GITHUB_WORKSPACE: workspace,
      RUNNER_TEMP: temp,
      COVERAGE_RETRY_DELAY: "0.01",
      ...Object.fromEntries(
        Object.entries(action.step.env).map(([name, value]) => [name, evaluated(value)]),
      ),
      ...env,
    },
  }).output();
  const decoder = new TextDecoder();
  const run = {
    code,
    output: decoder.decode(stdout) + decoder.decode(stderr),
    outputs: outputsOf(await Deno.readTextFile(join(files, "output"))),
    summary: await Deno.readTextFile(join(files, "summary")),
  };
  await Deno.remove(files, { recursive: true });
  for (const token of [JOB, READ_ONLY, "ghp_adas", ...inputs.token ? [inputs.token] : []]) {
    assert(!JSON.stringify(run).includes(token), "a token is shown to nobody");
  }
  return run;
}

/** The file of outputs as a runner reads it. */
function outputsOf(text: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  const lines = text.split("\n");
  while (lines.length > 1) {
    const [, name, delimiter] = /^(\w+)<<(\S+)$/.exec(lines.shift()!) ?? [];
    assert(name !== undefined && delimiter !== undefined);
    const end = lines.indexOf(delimiter);
    assert(end >= 0);
    outputs[name] = lines.splice(0, end + 1).slice(0, -1).join("\n");
  }
  return outputs;
}

/** A pull request's event; `fork` is whose repository its branch is in. */
export function pullRequest({ head = "dev", base = "main", fork = "acme" } = {}): RunOptions {
  return {
    event: "pull_request",
    payload: {
      action: "synchronize",
      number: 7,
      pull_request: {
        number: 7,
        head: { ref: head, sha: HEAD, repo: { full_name: `${fork}/shop` } },
        base: { ref: base, repo: { full_name: "acme/shop" } },
      },
    },
  };
}

/** What GitHub was asked for, apart from the commits. */
export function withoutCommits({ requests }: GitHub): GitHub["requests"] {
  return requests.filter(({ path }) => !/\/(?:compare|git\/commits)\//.test(path));
}

/** The annotations of a kind in a log. */
export function annotations({ output }: Run, kind: "error" | "notice" | "warning"): string[] {
  return output.split("\n").filter((line) => /^::(\w+)/.exec(line)?.[1] === kind)
    .map((line) =>
      line.replace(/^::\w+ ?(.*?)::/, (_, properties) => properties && `${properties}: `)
    );
}
