// A log to look into.
import type { Log } from "../../src/log.ts";

export interface LogRecord {
  level: string;
  message: string;
  fields: Record<string, unknown>;
}

/** A log that keeps what it is told. */
export function logTo(records: LogRecord[]): Log {
  const at = (level: string) => (message: string, fields: Record<string, unknown> = {}) => {
    records.push({ level, message, fields });
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
