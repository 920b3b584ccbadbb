/**
 * The log: LogTape, set up once, and passed to the code that logs.
 *
 * @module
 */
import {
  configure,
  getConsoleSink,
  getJsonLinesFormatter,
  getLogger,
  getTextFormatter,
} from "@logtape/logtape";

type Write = (message: string, fields?: Record<string, unknown>) => void;

export interface Log {
  readonly debug: Write;
  readonly info: Write;
  /** For what an operator may want to look into. */
  readonly warn: Write;
  /** For what went wrong in the server. */
  readonly error: Write;
}

/** Sets up the process's log, one line per record on the console. */
export async function createLog(
  options: { level: "debug" | "info" | "warning" | "error"; format: "text" | "json" },
): Promise<Log> {
  const lines = options.format === "json"
    ? getJsonLinesFormatter({ properties: "flatten" })
    : getTextFormatter({
      timestamp: "rfc3339",
      format: ({ timestamp, level, message, record: { properties } }) => {
        let line = `${timestamp} ${level} ${message}`;
        for (const name in properties) line += ` ${name}=${readable(properties[name])}`;
        // JSON leaves these as they are, and a terminal may act on them: control characters, line ends,
        // and what changes the direction of the text (Unicode 15, UAX 9).
        return line.replace(
          /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
          (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
        );
      },
    });
  await configure({
    reset: true,
    sinks: { console: getConsoleSink({ formatter: lines }) },
    loggers: [
      { category: "coverage", sinks: ["console"], lowestLevel: options.level },
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["console"] },
    ],
  });
  return getLogger("coverage");
}

function readable(value: unknown): string {
  if (typeof value === "number") return String(value);
  const text = value instanceof Error ? value.stack ?? value.message : value;
  return typeof text === "string" ? JSON.stringify(text) : Deno.inspect(text);
}
