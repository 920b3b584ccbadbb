import { parseArgs, type ParseArgsConfig } from "node:util";
import { OperatorError, UsageError } from "../errors.ts";
import type { RepositoryName } from "../model/rows.ts";

/** What an operator can run beside the server. */
export interface Command {
  /** One short sentence. */
  readonly summary: string;
  /** What help adds to it. */
  readonly details?: string;
  /** The values it needs, in order, as help shows them: `<file>`. */
  readonly operands?: readonly string[];
  /** Its switches, without `--`, each with what it does. */
  readonly flags?: Readonly<Record<string, string>>;
  /** Its options with a value, likewise. */
  readonly options?: Readonly<Record<string, string>>;
  /** Throws an `OperatorError` when it cannot do its work. */
  run(
    operands: readonly string[],
    flags: ReadonlySet<string>,
    options: Readonly<Record<string, string | undefined>>,
  ): Promise<void> | void;
}

/** Runs the command, or prints its help. `call` is what one types to call it. */
export async function run(call: string, command: Command, args: readonly string[]): Promise<void> {
  const parsed = parse(command, args);
  const { operands = [] } = command;
  if (typeof parsed === "string") refuse(parsed);
  else if (parsed.flags.has("help")) console.log(commandHelp(call, command));
  else if (parsed.operands.length !== operands.length) {
    refuse(`It takes ${operands.join(" ") || "no arguments"}.`);
  } else await command.run(parsed.operands, parsed.flags, parsed.options);

  function refuse(sentence: string): never {
    throw new UsageError(`${sentence}\n\n${commandHelp(call, command)}`);
  }
}

/** The arguments, or what is wrong with them. */
function parse({ flags = {}, options: valued = {} }: Command, args: readonly string[]) {
  const names = [...Object.keys(flags), "help"];
  const boolean = { type: "boolean" } as const;
  const options: ParseArgsConfig["options"] = {
    ...Object.fromEntries(names.map((name) => [name, boolean])),
    ...Object.fromEntries(Object.keys(valued).map((name) => [name, { type: "string" }])),
    help: { ...boolean, short: "h" },
  };
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    return {
      operands: positionals,
      flags: new Set(names.filter((name) => values[name])),
      options: values as Record<string, string | undefined>,
    };
  } catch (error) {
    // Advice about arguments that begin with a hyphen follows.
    return `${(error as Error).message.split(". ")[0]}.`;
  }
}

function commandHelp(
  call: string,
  { summary, details, operands = [], flags = {}, options = {} }: Command,
) {
  const switches = [
    ...Object.entries(options).map(([name, effect]) => [`${name} <${name}>`, effect]),
    ...Object.entries(flags),
  ];
  const usage = [call, ...switches.map(([name]) => `[--${name}]`), ...operands].join(" ");
  const listed = [...switches, ["help", "Show this help."]];
  const width = Math.max(18, ...listed.map(([name]) => name!.length));
  const lines = listed.map(([name, effect]) => `  --${name!.padEnd(width)} ${effect}`);
  return [`Usage: ${usage}`, "", summary, ...(details ? [details] : []), "", ...lines].join("\n");
}

/** Throws {@linkcode OperatorError} for what is not `org/repo`. */
export function repositoryName(text: string): RepositoryName {
  const [org_name, repo_name, ...more] = text.split("/");
  if (!org_name || !repo_name || more.length > 0) {
    throw new OperatorError(`The repository is ${JSON.stringify(text)}; it must be org/repo.`);
  }
  return { org_name, repo_name };
}
