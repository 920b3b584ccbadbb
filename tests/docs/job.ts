/**
 * What a job of CI has: a checkout with a report in it, a shell, and the server at the other end.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { newToken } from "../../src/cli/token_command.ts";
import { readConfig } from "../../src/config.ts";
import { listen } from "../../src/http/listener.ts";
import { type TestApp, testApp } from "../support/app.ts";
import { archivePath } from "../support/test_data.ts";
import { recipe, scriptOf } from "./recipes.ts";

/** The server in the recipes. */
export const PUBLIC_URL = "https://coverage.example.com";
export const API = `${PUBLIC_URL}/coverages-api`;
/** Author of the commit in every checkout: what must survive a form and a query. */
export const AUTHOR = "Ada Ö'Hara & Söhne #1";
/** The branch in every checkout; git takes all of it. */
export const BRANCH = 'feature/#1&more+50%;type="x"';
/** Coverage of the report in every checkout. */
export const PERCENTAGE = 33.03;

const text = (bytes: Uint8Array<ArrayBuffer>) => new TextDecoder().decode(bytes);

/** A command that has ended. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

export async function ended(command: Deno.Command): Promise<Ended> {
  const { code, stdout, stderr } = await command.output();
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** A folder with a git repository and a report in `coverage`. */
export class Checkout implements AsyncDisposable {
  /** Where it is. */
  readonly folder: string;
  /** The commit that is checked out. */
  commit = "";

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes one. CI systems check a commit out rather than a branch, which `detached` does too. */
  static async make({ detached = true } = {}): Promise<Checkout> {
    const checkout = new Checkout(await Deno.makeTempDir({ prefix: "coverage-job-" }));
    await checkout.git("init", "--quiet", "--initial-branch", BRANCH);
    await checkout.git("commit", "--quiet", "--allow-empty", "--message", "A commit");
    if (detached) await checkout.git("checkout", "--quiet", "--detach");
    checkout.commit = (await checkout.git("rev-parse", "HEAD")).trim();
    const archive = fileURLToPath(archivePath("go_coverage.tar.gz"));
    await checkout.#run("tar", ["-xzf", archive]);
    return checkout;
  }

  /** Runs git in it; throws where that fails. */
  async git(...args: string[]): Promise<string> {
    return await this.#run("git", args);
  }

  /** A command that runs a script as `shell` does, with only these variables, in a group of its own. */
  async command(
    shell: readonly string[],
    lines: string,
    environment: Record<string, string>,
  ): Promise<Deno.Command> {
    const path = join(this.folder, ".script");
    await Deno.writeTextFile(path, lines);
    const [command, ...args] = shell;
    return new Deno.Command(command!, {
      args: [...args, path],
      cwd: this.folder,
      clearEnv: true,
      env: { ...this.#environment, ...environment },
      detached: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  }

  /** Removes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }

  get #environment(): Record<string, string> {
    return {
      PATH: `${this.folder}/.git/bin:${Deno.env.get("PATH")}`,
      HOME: this.folder,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_AUTHOR_NAME: AUTHOR,
      GIT_AUTHOR_EMAIL: "ada@example.com",
      GIT_COMMITTER_NAME: "CI",
      GIT_COMMITTER_EMAIL: "ci@example.com",
    };
  }

  async #run(command: string, args: string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command(command, {
      args,
      cwd: this.folder,
      env: this.#environment,
    }).output();
    assert(success, `${command} ${args.join(" ")}: ${text(stderr)}`);
    return text(stdout);
  }
}

/** The real server, with an eye on what arrives. */
export interface WatchedServer extends TestApp {
  /** Where it listens, without a trailing slash. */
  readonly address: string;
  /** Methods of the requests that came to change something. */
  readonly arrived: string[];
  /** Answers that are given before the application is asked. */
  readonly refusals: Response[];
  /** Waits until every request so far has been answered or aborted. */
  settled(): Promise<void>;
  /** The rows in its list, by `org/repo`. */
  list(): Promise<Record<string, Record<string, unknown>[]>>;
}

/** Starts one with these settings of `AUTH`; dispose it to stop and remove all it has. */
export async function watchedServer(settings: Record<string, string>): Promise<WatchedServer> {
  const test = await testApp({ config: { auth: readConfig(settings).auth } });
  const arrived: string[] = [];
  const refusals: Response[] = [];
  const answers: Promise<Response>[] = [];
  const server = listen((request, info) => {
    if (request.method !== "GET") arrived.push(request.method);
    const refusal = refusals.shift();
    const answer = refusal ? refuse(request, refusal) : test.app(request, info);
    answers.push(answer);
    return answer;
  }, { host: "127.0.0.1", port: 0 });
  return {
    ...test,
    address: server.address,
    arrived,
    refusals,
    async settled() {
      await Promise.allSettled(answers);
    },
    async list() {
      const { data } = await (await fetch(`${server.address}/coverages-api`)).json();
      return data;
    },
    async [Symbol.asyncDispose]() {
      await server.stop();
      await test[Symbol.asyncDispose]();
    },
  };
}

async function refuse(request: Request, refusal: Response): Promise<Response> {
  await request.body?.pipeTo(new WritableStream());
  return refusal;
}

/** A way to a server on which only the first bytes of a connection get through. */
export class HalfWay implements AsyncDisposable {
  /** Resolves when these bytes have been sent on. */
  readonly half: Promise<void>;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #done: Promise<void>;

  /** Opens it for one connection. */
  constructor(address: string, bytes: number) {
    const half = Promise.withResolvers<void>();
    this.half = half.promise;
    this.#done = this.#serve(Number(new URL(address).port), bytes, half.resolve);
  }

  /** Where it is entered. */
  get address(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  /** Waits until the client has gone, which the server then learns. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#done;
    this.#listener.close();
  }

  async #serve(port: number, bytes: number, reached: () => void): Promise<void> {
    using client = await this.#listener.accept();
    using server = await Deno.connect({ hostname: "127.0.0.1", port });
    const back = server.readable.pipeTo(client.writable, { preventClose: true }).catch(() => {});
    const writer = server.writable.getWriter();
    let left = bytes;
    try {
      for await (const chunk of client.readable) {
        if (left > 0) await writer.write(chunk.subarray(0, left));
        left -= chunk.byteLength;
        if (left <= 0) reached();
      }
    } catch {
      // The client was killed, which is what it is here for.
    }
    await writer.close().catch(() => {});
    await back;
  }
}

/** A test of what runs in the shell of a CI system; ignored where it has not what it needs. */
export function jobTest(
  name: string,
  fn: (t: Deno.TestContext) => Promise<void>,
  isReady = true,
): void {
  Deno.test({ name, ignore: Deno.build.os === "windows" || !isReady, fn });
}

export interface Job {
  checkout: Checkout;
  /** Where the server is. */
  address: string;
  environment?: Record<string, string>;
  shell?: string[];
}

/** A recipe as a CI system runs it, in a checkout that has the script and the program. */
export async function jobOf(
  name: string,
  { checkout, address, environment, shell = ["sh", "-e"] }: Job,
) {
  await addScript(checkout, address);
  await addProgram(checkout);
  const { lines, environment: own } = scriptOf(await recipe(name));
  for (const [key, value] of Object.entries(own)) {
    assert(value === PUBLIC_URL || /^\$\(.*\)$/.test(value), `${key}: ${value}`);
  }
  const filled = lines.replaceAll(PUBLIC_URL, address);
  return await checkout.command(shell, filled, { COVERAGE_URL: address, ...environment });
}

const info = new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).outputSync();
const { denoDir } = JSON.parse(text(info.stdout));

/** `coverage-server`, as if it were compiled. */
async function addProgram({ folder }: Checkout): Promise<void> {
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
export async function addScript(checkout: Checkout, address: string): Promise<void> {
  const { lines } = scriptOf(await recipe("The script"));
  assert(lines.includes(API));
  await Deno.writeTextFile(
    join(checkout.folder, "upload-coverage.sh"),
    lines.replaceAll(API, `${address}/coverages-api`),
  );
}

export async function run(name: string, it: Job): Promise<Ended> {
  return await ended(await jobOf(name, it));
}

/** A server that takes one upload token, and the environment of a job that has it. */
export async function serverWithToken(scope = "acme/shop") {
  const { token, entry } = newToken(scope);
  const server = await watchedServer({ AUTH: "token", UPLOAD_TOKENS: entry });
  return Object.assign(server, { secret: { COVERAGE_TOKEN: token } });
}

export function assertSucceeded({ code, stdout, stderr }: Ended): void {
  assert.equal(code, 0, `${stdout}\n${stderr}`);
}
