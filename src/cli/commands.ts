import { describeVariables } from "../config.ts";
import { UsageError } from "../errors.ts";
import { version } from "../version.ts";
import { type Command, run } from "./command.ts";
import { deleteCommand } from "./delete_command.ts";
import { exportCommand, importCommand } from "./dump_commands.ts";
import { forgetIdentityCommand } from "./forget_identity_command.ts";
import { healthCommand } from "./health_command.ts";
import { sweepCommand } from "./sweep_command.ts";
import { toBucketCommand } from "./to_bucket_command.ts";
import { tokenCommand } from "./token_command.ts";
import { uploadCommand } from "./upload_command.ts";

const PROGRAM = "coverage-server";
const commands = new Map<string, Command>(Object.entries({
  "upload": uploadCommand,
  "health": healthCommand,
  "sweep": sweepCommand,
  "token": tokenCommand,
  "forget-identity": forgetIdentityCommand,
  "delete": deleteCommand,
  "export": exportCommand,
  "import": importCommand,
  "to-bucket": toBucketCommand,
  "version": { summary: "Print the version.", run: () => console.log(`${PROGRAM} ${version}`) },
}));

/** Runs the command of that name, or prints help. */
export async function runCommand(name: string, args: readonly string[]): Promise<void> {
  if (["help", "--help", "-h"].includes(name)) {
    const [topic] = args;
    if (topic === undefined) return console.log(programHelp());
    return await runCommand(topic, ["--help"]);
  }
  const known = ["--version", "-V"].includes(name) ? "version" : name;
  const command = commands.get(known);
  if (!command) {
    const kind = name.startsWith("-") ? "option" : "command";
    throw new UsageError(`Unknown ${kind} ${JSON.stringify(name)}.\n\n${commandList()}`);
  }
  await run(`${PROGRAM} ${known}`, command, args);
}

function commandList(): string {
  const lines = [...commands].map(([name, { summary, operands = [] }]) =>
    `  ${[name, ...operands].join(" ")}\n      ${summary}`
  );
  return `Usage: ${PROGRAM} [command]

Without a command the server starts. Commands; each has --help:

${lines.join("\n")}`;
}

function programHelp(): string {
  const settings = describeVariables().map(({ name, allowed, fallback }) =>
    `  ${name}\n      ${allowed}\n      Default: ${fallback || "unset"}`
  );
  return `${commandList()}

Settings are environment variables:

${settings.join("\n")}`;
}
