/** Starts the server, or runs the command that is named. */
import { refuseDeno } from "./src/deno_version.ts";
import { OperatorError, UsageError } from "./src/errors.ts";

/** How long the process may take to end by itself once its work is done. */
const END_MS = 2000;

try {
  const refusal = refuseDeno(Deno.version.deno);
  if (refusal !== undefined) throw new OperatorError(refusal);
  // Imported only now, because an older Deno cannot load all of it.
  const [command, ...args] = Deno.args;
  // Only an upload from a checkout runs a program, which is git. A binary has the same permissions for all.
  // Of -A nothing is given up: with anything less Deno takes longer to open a file, and needs -A in /dev/shm.
  const hasAll = (await Deno.permissions.query({ name: "ffi" })).state === "granted";
  if (command !== "upload" && !hasAll) await Deno.permissions.revoke({ name: "run" });
  if (command === undefined) await (await import("./src/start.ts")).start();
  else await (await import("./src/cli/commands.ts")).runCommand(command, args);
  // It ends by itself when nothing holds it any more. `Deno.exit` never returns where Deno is about to
  // export metrics at that moment, so it is only for what is still held, such as a cut connection.
  Deno.unrefTimer(setTimeout(() => Deno.exit(0), END_MS));
} catch (error) {
  console.error(error instanceof OperatorError ? error.message : error);
  Deno.exit(error instanceof UsageError ? 2 : 1);
}
