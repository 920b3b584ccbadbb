/**
 * The options of a command of the lab.
 *
 * @module
 */
import { parseArgs } from "node:util";

type Defaults = Record<string, number | string>;

/**
 * Reads `--name value` for each of the defaults, whole numbers where the default is one, and the
 * remaining words. Prints the usage and ends for `--help`, and with 2 for what it does not know.
 */
export function readOptions<T extends Defaults>(usage: string, defaults: T) {
  try {
    const { values, positionals } = parseArgs({
      args: Deno.args,
      allowPositionals: true,
      options: {
        help: { type: "boolean" },
        ...Object.fromEntries(
          Object.keys(defaults).map((name) => [name, { type: "string" as const }]),
        ),
      },
    });
    if (values.help) {
      console.log(usage);
      Deno.exit(0);
    }
    const options = Object.entries(defaults).map(([name, initial]) => {
      const value = (values as Record<string, string | undefined>)[name];
      if (value === undefined || typeof initial === "string") return [name, value ?? initial];
      if (!/^\d{1,15}$/.test(value)) throw new Error(`--${name} is ${value}, not a whole number.`);
      return [name, Number(value)];
    });
    return {
      options: Object.fromEntries(options) as {
        [K in keyof T]: T[K] extends number ? number : string;
      },
      words: positionals,
    };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    Deno.exit(2);
  }
}

/** Of these things by name, those that the words name; all without words. Ends with 2 for another. */
export function chosen<T>(things: Readonly<Record<string, T>>, words: readonly string[]) {
  const unknown = words.filter((word) => !Object.hasOwn(things, word));
  if (unknown.length > 0) {
    console.error(
      `There is no ${unknown.join(", ")}; there are ${Object.keys(things).join(", ")}.`,
    );
    Deno.exit(2);
  }
  return Object.entries(things).filter(([name]) => words.length === 0 || words.includes(name));
}
