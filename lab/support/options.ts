/** The command line of the lab: what of a list is to be done, and how. */
import { parseArgs } from "node:util";

/**
 * Reads `--name <whole number>` for each of the defaults, and the names of things to do, all of them
 * without any. Prints the usage and ends for `--help`; with 2 and the reason for what it does not know.
 */
export function readCommand<T, D extends Record<string, number>>(
  usage: string,
  things: Readonly<Record<string, T>>,
  defaults: D,
): { options: D; chosen: [name: string, thing: T][] } {
  try {
    const type = "string" as const;
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        ...Object.fromEntries(Object.keys(defaults).map((name) => [name, { type }])),
        help: { type: "boolean" as const },
      },
    });
    if (values.help) {
      console.log(usage);
      Deno.exit(0);
    }
    const unknown = positionals.filter((name) => !Object.hasOwn(things, name));
    if (unknown.length > 0) throw new Error(`Not known: ${unknown.join(", ")}.`);
    const options = Object.entries(defaults).map(([name, initial]) => {
      const value = (values as Record<string, string | undefined>)[name];
      if (value === undefined) return [name, initial];
      if (!/^\d{1,15}$/.test(value)) throw new Error(`--${name} is ${value}, not a whole number.`);
      return [name, Number(value)];
    });
    const names = positionals.length > 0 ? positionals : Object.keys(things);
    const chosen = names.map((name): [string, T] => [name, things[name]!]);
    return { options: Object.fromEntries(options), chosen };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    Deno.exit(2);
  }
}
