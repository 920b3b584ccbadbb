/** The server that is measured or tested: started as an operator does, with the defaults. */
import { variableNames } from "../../src/config.ts";
import { type RunningServer, startServer } from "../../tests/support/server.ts";

/**
 * Starts it with these settings, by the arguments of Deno or by the command of `deno task start`; throws
 * with what it printed where it does not start.
 */
export async function startWith(
  environment: Readonly<Record<string, string>>,
  args?: string[],
): Promise<RunningServer> {
  // Whatever the caller's environment sets: it has the defaults.
  const defaults = Object.fromEntries(variableNames.map((name) => [name, ""]));
  return listening(
    await startServer(
      { ...defaults, HOST: "127.0.0.1", PORT: "0", AUTH: "none", ...environment },
      args && { args },
    ),
  );
}

export function listening(server: Awaited<ReturnType<typeof startServer>>): RunningServer {
  if ("address" in server) return server;
  throw new Error(`It did not start, and ended with ${server.code}:\n${server.output}`);
}

/** Runs a command and returns what it printed; throws with its complaint where it fails. */
export async function run(command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`${command}: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}

export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until `is` is true; whether it was within so many seconds. */
export async function until(is: () => boolean, seconds: number): Promise<boolean> {
  const end = performance.now() + seconds * 1000;
  while (!is()) {
    if (performance.now() > end) return false;
    await pause(100);
  }
  return true;
}
