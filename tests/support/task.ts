// Tasks of `deno.json`, as an operator runs them, and commands without the process around them.
import { fileURLToPath } from "node:url";
import { runCommand } from "../../src/cli/commands.ts";
import { OperatorError, UsageError } from "../../src/errors.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** What a task runs Deno with: `NAME=value … deno <args>`. */
export async function commandOf(name: string) {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${root}/deno.json`));
  const words: string[] = tasks[name].command.split(" ");
  const at = words.indexOf("deno");
  const env = words.slice(0, at).map((setting) => setting.split("=") as [string, string]);
  return { args: words.slice(at + 1), cwd: root, env: Object.fromEntries(env) };
}

/**
 * Runs a task with those arguments; `output` is what it printed, to both outputs, without what Deno
 * says of packages that it looks up.
 */
export async function task(
  name: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; output: string }> {
  const { code, stdout, stderr } = await taskWith(new Uint8Array(), name, args, env);
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout) + decoder.decode(stderr);
  return { code, output: output.replaceAll(/^Download http.*\n/gm, "") };
}

/** Runs a task that reads those bytes from its input. */
export async function taskWith(
  input: Uint8Array<ArrayBuffer>,
  name: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; stdout: Uint8Array<ArrayBuffer>; stderr: Uint8Array<ArrayBuffer> }> {
  const command = await commandOf(name);
  const child = new Deno.Command(Deno.execPath(), {
    ...command,
    args: [...command.args, ...args],
    env: { NO_COLOR: "1", ...command.env, ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [output] = await Promise.all([
    child.output(),
    new Blob([input]).stream().pipeTo(child.stdin),
  ]);
  return output;
}

/** Runs a command in this process, as `main.ts` does, which saves half a second. */
export async function command(
  name: string,
  args: string[] = [],
  env: Record<string, string> = {},
): Promise<{ code: number; output: string }> {
  const before = Object.keys(env).map((key) => [key, Deno.env.get(key)] as const);
  const { log } = console;
  const printed: string[] = [];
  console.log = (text) => printed.push(`${text}\n`);
  for (const [key, value] of Object.entries(env)) Deno.env.set(key, value);
  try {
    await runCommand(name, args);
    return { code: 0, output: printed.join("") };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    printed.push(`${error.message}\n`);
    return { code: error instanceof UsageError ? 2 : 1, output: printed.join("") };
  } finally {
    console.log = log;
    for (const [key, value] of before) {
      if (value === undefined) Deno.env.delete(key);
      else Deno.env.set(key, value);
    }
  }
}
