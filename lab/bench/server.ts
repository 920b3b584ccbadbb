/**
 * The server that is measured: the real one, started as an operator does.
 *
 * @module
 */
import config from "../../deno.json" with { type: "json" };
import { variableNames } from "../../src/config.ts";
import { type Program, startProgram } from "./program.ts";

/**
 * Starts the command of `deno task start` on a free port, with the embedded database in `dataDir` and
 * the defaults, as far as `environment` has nothing else.
 */
export async function startServer(
  dataDir: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Program> {
  const [, ...args] = config.tasks.start.command.split(" ");
  return await startProgram(args, {
    env: {
      // Whatever the caller's environment sets: measured are the defaults.
      ...Object.fromEntries(variableNames.map((name) => [name, ""])),
      HOST: "127.0.0.1",
      PORT: "0",
      AUTH: "none",
      DATA_DIR: dataDir,
      ...environment,
    },
    readyPath: "/coverages-api/health",
  });
}
