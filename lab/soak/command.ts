/**
 * Runs commands, as another user where that is needed.
 *
 * @module
 */
import { run } from "../bench/report.ts";

const POSTGRES_USER = "postgres";

/** Runs a command of Postgres, which refuses to run as root, and returns what it printed. */
export async function runAsPostgres(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const whole = [
    "env",
    ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
    command,
    ...args,
  ];
  return Deno.uid() === 0
    ? await run("runuser", ["-u", POSTGRES_USER, "--", ...whole])
    : await run(whole[0]!, whole.slice(1));
}

/** Lets Postgres have a folder. */
export async function giveToPostgres(folder: string): Promise<void> {
  if (Deno.uid() === 0) await run("chown", [POSTGRES_USER, folder]);
}
