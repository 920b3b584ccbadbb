/**
 * The commands by their names. The server is not among them: it is what runs without one.
 *
 * @module
 */
import { OperatorError } from "../operator_error.ts";
import type { Command } from "./command.ts";
import { exportCommand } from "./export.ts";
import { forgetIdentityCommand } from "./forget_identity.ts";
import { healthCommand } from "./health.ts";
import { importCommand } from "./import.ts";
import { importAncestorCommand } from "./import_ancestor.ts";
import { sweepCommand } from "./sweep.ts";
import { tokenCommand } from "./token.ts";
import { versionCommand } from "./version.ts";

const commands: Readonly<Record<string, Command>> = {
  "health": healthCommand,
  "sweep": sweepCommand,
  "token": tokenCommand,
  "forget-identity": forgetIdentityCommand,
  "export": exportCommand,
  "import": importCommand,
  "import-ancestor": importAncestorCommand,
  "version": versionCommand,
};
/** Names that are tried before one knows any. */
const aliases: Readonly<Record<string, string>> = { "--version": "version", "-V": "version" };

/** Runs a command by its name; throws a sentence for the operator for one that there is not. */
export async function runCommand(name: string, args: readonly string[]): Promise<void> {
  if (["help", "--help", "-h"].includes(name)) return console.log(usage());
  const known = Object.hasOwn(aliases, name) ? aliases[name]! : name;
  const command = Object.hasOwn(commands, known) ? commands[known] : undefined;
  if (!command) throw new OperatorError(`There is no command ${JSON.stringify(name)}.\n${usage()}`);
  await command.run(args);
}

function usage(): string {
  const lines = Object.entries(commands).map(([name, { usage, summary }]) =>
    `  ${`${name} ${usage}`.trim()}\n      ${summary}`
  );
  return `Without a command the server starts; its settings are environment variables. Commands:\n${
    lines.join("\n")
  }`;
}
