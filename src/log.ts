/** The log: LogTape, set up once, and passed to the code that logs. */
import {
  configure,
  getConsoleSink,
  getJsonLinesFormatter,
  getLogger,
  getTextFormatter,
  type Sink,
  type TextFormatter,
} from "@logtape/logtape";
import { ProxyTracerProvider, trace } from "@opentelemetry/api";

type Write = (message: string, fields?: Record<string, unknown>) => void;

export interface Log {
  readonly debug: Write;
  readonly info: Write;
  /** For what an operator may want to look into. */
  readonly warn: Write;
  /** For what went wrong in the server. */
  readonly error: Write;
}

/** Sets up the process's log, one line per record: warnings and errors on the standard error, the rest on the standard output. */
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
    sinks: { lines: createSink(lines) },
    loggers: [
      { category: "coverage", sinks: ["lines"], lowestLevel: options.level },
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["lines"] },
    ],
  });
  return getLogger("coverage");
}

function createSink(format: TextFormatter): Sink {
  // Deno exports what goes through the console.
  if (isExported()) return getConsoleSink({ formatter: format });
  // Elsewhere the console takes longer for a line than the rest of a badge takes.
  const encoder = new TextEncoder();
  return (record) => {
    const isWarning = ["warning", "error", "fatal"].includes(record.level);
    const output = isWarning ? Deno.stderr : Deno.stdout;
    let bytes = encoder.encode(format(record));
    while (bytes.length > 0) bytes = bytes.subarray(output.writeSync(bytes));
  };
}

/** Whether Deno's OpenTelemetry exporter runs, which takes the place of the one that does nothing. */
function isExported(): boolean {
  return !(trace.getTracerProvider() instanceof ProxyTracerProvider);
}

function readable(value: unknown): string {
  if (typeof value === "number") return String(value);
  const text = value instanceof Error ? value.stack ?? value.message : value;
  return typeof text === "string" ? JSON.stringify(text) : Deno.inspect(text);
}
