/**
 * Everything that an operator can set: environment variables, read here and nowhere else.
 *
 * @module
 */
import { z } from "zod";
import { OperatorError } from "./operator_error.ts";

/** What an upload may cost; every limit is a count, bytes or seconds as its name says. */
export interface Limits {
  /** Bytes of a request body, as sent. Default: 100 MiB. */
  readonly maxUploadBytes: number;
  /** Bytes of a report, unpacked. Default: 1 GiB. */
  readonly maxReportBytes: number;
  /** Entries of an archive. Default: 100,000. */
  readonly maxReportFiles: number;
  /** Uploads worked on at a time; 25 times as many may wait. Default: 4. */
  readonly uploadConcurrency: number;
  /** Seconds in which a body must have arrived. Default: 600. */
  readonly uploadSeconds: number;
}

/** The settings of a server. */
export interface Config {
  /** Address to listen on. */
  readonly host: string;
  /** Port to listen on; 0 takes a free one. */
  readonly port: number;
  /** What links in answers begin with, no trailing slash; unset: the address of each request. */
  readonly publicUrl: string | undefined;
  /** A Postgres to use; unset: the embedded one. */
  readonly databaseUrl: string | undefined;
  /** Folder of the reports and of the embedded database. */
  readonly dataDir: string;
  /** Limits of an upload. */
  readonly limits: Limits;
  /** Who may upload: `none` anybody, `local` only requests that come straight from this machine. */
  readonly auth: "none" | "local";
  /** The branches that may stand for a repository; the first that is active does. */
  readonly defaultBranches: readonly string[];
  /** Where links to branches, commits and authors point, no trailing slash. */
  readonly githubUrl: string;
  /** Least severe level that is logged. */
  readonly logLevel: "debug" | "info" | "warning" | "error";
  /** How a log line looks. */
  readonly logFormat: "text" | "json";
}

/** The environment holds values that the server cannot start with. */
export class ConfigError extends OperatorError {
  /** `ConfigError`. */
  override readonly name = "ConfigError";

  /** One sentence per variable. */
  constructor(readonly sentences: readonly string[]) {
    super(sentences.join("\n"));
  }
}

const MiB = 1024 * 1024;
const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

const whole = (least: number, most: number, fallback: number) =>
  z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(least).max(most))
    .default(fallback)
    .describe(`a whole number from ${least} to ${most}`);
const oneOf = <const T extends string>(values: readonly T[], fallback: T) =>
  z.enum(values).default(fallback).describe(`one of ${values.join(", ")}`);
const address = (protocol: RegExp, like: string) =>
  z.url({ protocol }).optional().describe(`an address like ${like}`);

const variables = z.object({
  HOST: z.string().regex(/^[A-Za-z0-9.:-]+$/).default("127.0.0.1").describe(
    "a host name or address",
  ),
  PORT: whole(0, 65535, 3000),
  PUBLIC_URL: address(/^https?$/, "https://coverage.example.com"),
  DATABASE_URL: address(/^postgres(ql)?$/, "postgres://user:password@host:5432/database")
    .refine((url) => url === undefined || isPercentEncoded(url)),
  DATA_DIR: z.string().min(1).default("./data").describe("a folder"),
  MAX_UPLOAD_BYTES: whole(1, 2 ** 40, 100 * MiB),
  MAX_REPORT_BYTES: whole(1, 2 ** 40, 1024 * MiB),
  MAX_REPORT_FILES: whole(1, 10_000_000, 100_000),
  UPLOAD_CONCURRENCY: whole(1, 1000, 4),
  UPLOAD_SECONDS: whole(1, 86_400, 600),
  AUTH: z.enum(["none"]).optional().describe("none, or unset"),
  DEFAULT_BRANCHES: z.string().default("main,master,develop,trunk")
    .transform((list) => list.split(",").map((name) => name.trim()))
    .refine((names) => names.length <= 20 && names.every((name) => name !== ""))
    .describe("1 to 20 names of branches with commas between them"),
  GITHUB_URL: z.url({ protocol: /^https?$/ }).default("https://github.com")
    .describe("an address like https://github.example.com"),
  LOG_LEVEL: oneOf(["debug", "info", "warning", "error"], "info"),
  LOG_FORMAT: oneOf(["text", "json"], "text"),
});

/** The names of the variables that are read. */
export const variableNames: readonly string[] = Object.keys(variables.shape);

/** Reads the settings; an empty variable counts as unset. Throws {@linkcode ConfigError}. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    variableNames.map((name) => [name, environment[name] || undefined]),
  );
  const result = variables.safeParse(given);
  if (!result.success) {
    const names = new Set(result.error.issues.map((issue) => String(issue.path[0])));
    throw new ConfigError([...names].map((name) => {
      const allowed = variables.shape[name as keyof typeof variables.shape].description;
      // An address may hold a password: it is never repeated.
      const actual = name === "DATABASE_URL" ? "" : ` is ${JSON.stringify(given[name])};`;
      return `${name}${actual} must be ${allowed}.`;
    }));
  }
  const env = result.data;
  const isPrivate = LOOPBACK.has(env.HOST) &&
    (env.PUBLIC_URL === undefined || isLoopback(env.PUBLIC_URL));
  if (env.AUTH === undefined && !isPrivate) {
    throw new ConfigError([
      "AUTH is unset, and others can reach this server " +
      "(HOST or PUBLIC_URL is not this machine's own address); " +
      "set AUTH=none to take uploads from everybody who reaches it.",
    ]);
  }
  return {
    host: env.HOST,
    port: env.PORT,
    publicUrl: env.PUBLIC_URL?.replace(/\/+$/, ""),
    databaseUrl: env.DATABASE_URL,
    dataDir: env.DATA_DIR,
    limits: {
      maxUploadBytes: env.MAX_UPLOAD_BYTES,
      maxReportBytes: env.MAX_REPORT_BYTES,
      maxReportFiles: env.MAX_REPORT_FILES,
      uploadConcurrency: env.UPLOAD_CONCURRENCY,
      uploadSeconds: env.UPLOAD_SECONDS,
    },
    auth: env.AUTH ?? "local",
    defaultBranches: env.DEFAULT_BRANCHES,
    githubUrl: env.GITHUB_URL.replace(/\/+$/, ""),
    logLevel: env.LOG_LEVEL,
    logFormat: env.LOG_FORMAT,
  };
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function isLoopback(address: string): boolean {
  return LOOPBACK.has(new URL(address).hostname.replace(/^\[|\]$/g, ""));
}
