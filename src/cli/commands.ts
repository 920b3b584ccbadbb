/**
 * The commands by their names. The server is not among them: it is what runs without one.
 *
 * @module
 */
import { OperatorError } from "../errors.ts";
import type { Command } from "./command.ts";
import { exportCommand } from "./export_command.ts";
import { forgetIdentityCommand } from "./forget_identity_command.ts";
import { healthCommand } from "./health_command.ts";
import { importCommand } from "./import_command.ts";
import { sweepCommand } from "./sweep_command.ts";
import { tokenCommand } from "./token_command.ts";
import { versionCommand } from "./version_command.ts";

const commands: Readonly<Record<string, Command>> = {
  "health": healthCommand,
  "sweep": sweepCommand,
  "token": tokenCommand,
  "forget-identity": forgetIdentityCommand,
  "export": exportCommand,
  "import": importCommand,
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
