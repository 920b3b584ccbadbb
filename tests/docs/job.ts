// What a job of CI has: a checkout with a report in it, a shell, and the server at the other end.
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { newToken } from "../../src/cli/token_command.ts";
import { readConfig } from "../../src/config.ts";
import { type GitRepository, repository } from "../support/git.ts";
import { type ListeningApp, listeningApp } from "../support/listening.ts";
import { archivePath } from "../support/test_data.ts";
import { recipe, scriptOf } from "./recipes.ts";

/** The server in the recipes. */
const PUBLIC_URL = "https://coverage.example.com";
export const API = `${PUBLIC_URL}/coverages-api`;
/** Author of the commit in every checkout: what must survive a form and a query. */
export const AUTHOR = "Ada Ö'Hara & Söhne #1";
/** The branch in every checkout; git takes all of it. */
export const BRANCH = 'feature/#1&more+50%;type="x"';
/** Coverage of the report in every checkout. */
export const PERCENTAGE = 33.03;

/** A command that has ended. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** A git repository of acme/shop with a report in `coverage`. */
export async function checkout(): Promise<GitRepository> {
  const git = await repository({ "README": "" });
  await git.run("remote", "add", "origin", "git@git.example.com:acme/shop.git");
  await git.run("checkout", "-q", "-b", BRANCH);
  const author = `user.name=${AUTHOR}`;
  await git.run("-c", author, "commit", "-q", "--allow-empty", "-m", "A commit");
  const archive = fileURLToPath(archivePath("go_coverage.tar.gz"));
  const { success } = await new Deno.Command("tar", {
    args: ["-xzf", archive],
    cwd: git.folder,
  }).output();
  assert(success);
  return git;
}

/** Runs a script in a checkout as `shell` does, with only these variables. */
export async function runScript(
  { folder }: GitRepository,
  [command, ...args]: readonly string[],
  lines: string,
  environment: Record<string, string>,
): Promise<Ended> {
  const path = join(folder, ".script");
  await Deno.writeTextFile(path, lines);
  const { code, stdout, stderr } = await new Deno.Command(command!, {
    args: [...args, path],
    cwd: folder,
    clearEnv: true,
    env: {
      PATH: `${folder}/.git/bin:${Deno.env.get("PATH")}`,
      HOME: folder,
      GIT_CONFIG_NOSYSTEM: "1",
      ...environment,
    },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** A test of what runs in the shell of a CI system; ignored where it has not what it needs. */
export function jobTest(name: string, fn: () => Promise<void>, isReady = true): void {
  Deno.test({ name, ignore: Deno.build.os === "windows" || !isReady, fn });
}

const info = new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).outputSync();
const { denoDir } = JSON.parse(new TextDecoder().decode(info.stdout));

/** Adds `coverage-server` to a checkout, as if it were compiled. */
async function addProgram({ folder }: GitRepository): Promise<void> {
  const [deno, main] = [Deno.execPath(), fileURLToPath(new URL("../../main.ts", import.meta.url))];
  const options = "--no-prompt --allow-net --allow-env --allow-read --allow-run=git";
  await Deno.mkdir(join(folder, ".git/bin"), { recursive: true });
  await Deno.writeTextFile(
    join(folder, ".git/bin/coverage-server"),
    `#!/bin/sh\nDENO_DIR='${denoDir}' exec '${deno}' run ${options} '${main}' "$@"\n`,
    { mode: 0o755 },
  );
}

/** Saves the document's script in a checkout, for a server. */
export async function addScript({ folder }: GitRepository, address: string): Promise<void> {
  const { lines } = scriptOf(await recipe("The script"));
  assert(lines.includes(API));
  await Deno.writeTextFile(
    join(folder, "upload-coverage.sh"),
    lines.replaceAll(API, `${address}/coverages-api`),
  );
}

/** Runs a recipe as a CI system does, in a checkout that has the script and the program. */
export async function run(
  name: string,
  git: GitRepository,
  { address, secret }: JobServer,
  environment: Record<string, string> = {},
  shell = ["sh", "-e"],
): Promise<Ended> {
  await addScript(git, address);
  await addProgram(git);
  const { lines, environment: own } = scriptOf(await recipe(name));
  for (const [key, value] of Object.entries(own)) {
    assert(value === PUBLIC_URL || /^\$\(.*\)$/.test(value), `${key}: ${value}`);
  }
  const filled = lines.replaceAll(PUBLIC_URL, address);
  return await runScript(git, shell, filled, { COVERAGE_URL: address, ...secret, ...environment });
}

/** A server, and the variable with a token that it takes. */
export type JobServer = ListeningApp & { secret: Record<string, string> };

export async function serverWithToken(scope = "acme/shop"): Promise<JobServer> {
  const { token, entry } = newToken(scope);
  const { auth } = readConfig({ AUTH: "token", UPLOAD_TOKENS: entry });
  return Object.assign(await listeningApp({ config: { auth } }), {
    secret: { COVERAGE_TOKEN: token },
  });
}

/** Methods of the requests that came to change something. */
export function arrived({ requests }: ListeningApp): string[] {
  return requests.map(({ method }) => method).filter((method) => method !== "GET");
}

/** The rows in a server's list, by `org/repo`. */
export async function list(
  { api }: ListeningApp,
): Promise<Record<string, Record<string, unknown>[]>> {
  return (await (await fetch(api)).json()).data;
}

export function assertSucceeded({ code, stdout, stderr }: Ended): void {
  assert.equal(code, 0, `${stdout}\n${stderr}`);
}
