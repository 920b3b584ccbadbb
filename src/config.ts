/**
 * Everything that an operator can set: environment variables, read here and nowhere else.
 * docs/settings.md explains each.
 */
import { z } from "zod";
import { bucketVariables, readBucket } from "./config/bucket_settings.ts";
import { loginVariables, readLogin } from "./config/login_settings.ts";
import { readUploads, uploadVariables } from "./config/upload_settings.ts";
import {
  isApiUrl,
  isLoopback,
  isPrivate,
  list,
  oneOf,
  whole,
  wholeOrUnset,
} from "./config/kinds.ts";
import { OperatorError } from "./errors.ts";
import { CODE_HOSTS, kindOf } from "./model/code_host.ts";
import { isReportsHost } from "./model/urls.ts";

export type { BucketSettings } from "./config/bucket_settings.ts";
export type { Login } from "./config/login_settings.ts";
export type { ScopedToken } from "./config/kinds.ts";
export type Config = Readonly<ReturnType<typeof readConfig>>;
export type Limits = Config["limits"];
export type Retention = Config["retention"];

/** The environment holds values that the server cannot start with. */
export class ConfigError extends OperatorError {
  override readonly name = "ConfigError";

  constructor(readonly sentences: readonly string[]) {
    super(sentences.join("\n"));
  }
}

const MiB = 1024 * 1024;

/** In the order of help. */
const variables = {
  HOST: z.string().regex(/^[A-Za-z0-9.:-]+$/).default("127.0.0.1")
    .describe("a host name or address"),
  PORT: whole(0, 65535, 3000),
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).refine(isApiUrl)
    // Slashes at its end would be doubled, and those at the beginning of its path name a host.
    .transform((url) => url.replace(/(?<!:)\/{2,}/g, "/").replace(/\/$/, ""))
    .optional().describe("an address like https://coverage.example.com"),
  REPORTS_URL: z.url({ protocol: /^https?$/ }).refine(isApiUrl)
    .refine((url) => URL.parse(url)?.pathname === "/")
    .transform((url) => new URL(url).origin)
    .optional().describe(
      "an address like https://reports.example.com or https://*.reports.example.com, without a path",
    ),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).refine(isPercentEncoded)
    .optional().describe("an address like postgres://user:password@host:5432/database"),
  DATA_DIR: z.string().default("./data").describe("a folder"),
  ...bucketVariables,
  MAX_UPLOAD_BYTES: whole(1, 2 ** 40, 100 * MiB),
  MAX_REPORT_BYTES: whole(1, 2 ** 40, 1024 * MiB),
  MAX_REPORT_FILES: whole(1, 10_000_000, 100_000),
  MAX_COVERAGE_BYTES: whole(1, 2 ** 40, 256 * MiB),
  UPLOAD_CONCURRENCY: whole(1, 1000, 4),
  UPLOAD_SECONDS: whole(1, 86_400, 600),
  KEEP_SUPERSEDED: whole(0, 1_000_000, 0),
  KEEP_DELETED_DAYS: whole(0, 36_500, 30),
  MAX_STORED_BYTES: wholeOrUnset(1, 2 ** 50),
  SHUTDOWN_SECONDS: whole(0, 3600, 10),
  ...uploadVariables,
  ...loginVariables,
  STATUS_CONTEXT: z.string().regex(/^[^\p{Cc}]{1,200}$/u).default("coverage/{language}")
    .describe("a name of at most 200 characters, such as coverage/{language}"),
  DEFAULT_BRANCHES: list.refine((names) => names.length <= 20)
    .default(["main", "master", "develop", "trunk"])
    .describe("1 to 20 names of branches with commas between them"),
  GITHUB_URL: z.string().refine(isApiUrl).default("https://github.com")
    .describe("an address like https://github.example.com"),
  CODE_HOST: z.enum(CODE_HOSTS).optional().describe(`one of ${CODE_HOSTS.join(", ")}`),
  METRICS_REPOSITORIES: whole(0, 10_000, 0),
  LOG_LEVEL: oneOf(["debug", "info", "warning", "error"], "info"),
  LOG_FORMAT: oneOf(["text", "json"], "text"),
};
export const variableNames: readonly string[] = Object.keys(variables);

/** Their values are never repeated. */
const SECRET = new Set([
  ...["DATABASE_URL", "S3_URL", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"],
  ...["UPLOAD_TOKENS", "READ_TOKENS", "LOGIN_CLIENT_SECRET", "SESSION_SECRET"],
]);

/** Reads the settings; an empty variable counts as unset. Throws {@linkcode ConfigError}. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>) {
  const given = Object.fromEntries(
    variableNames.map((name) => [name, environment[name]]).filter(([, value]) => value),
  );
  const { data: env, error } = z.object(variables).safeParse(given);
  if (error) {
    const names = new Set(error.issues.map(({ path }) => path[0] as keyof typeof variables));
    throw new ConfigError(Array.from(names, (name) => {
      const actual = SECRET.has(name) ? "" : ` is ${JSON.stringify(given[name])};`;
      return `${name}${actual} must be ${variables[name].description}.`;
    }));
  }
  const contradictions: string[] = [];
  const refuse = (sentence: string): undefined => void contradictions.push(sentence);
  const { HOST: host, PUBLIC_URL: publicUrl, REPORTS_URL: reportsUrl, GITHUB_URL } = env;
  const codeHost = {
    kind: env.CODE_HOST ?? kindOf(GITHUB_URL),
    url: GITHUB_URL.replace(/\/+$/, ""),
  };
  const names = Object.keys(given);
  checkOrigins(publicUrl, reportsUrl, refuse);
  const config = {
    host,
    /** 0 picks a free one. */
    port: env.PORT,
    /** What links in answers begin with; unset: the address of each request. */
    publicUrl,
    /** The origin that reports have of their own, `*` for a report's id; unset: a sandbox in ours. */
    reportsUrl,
    /** Unset: the embedded database. */
    databaseUrl: env.DATABASE_URL,
    dataDir: env.DATA_DIR,
    limits: {
      maxUploadBytes: env.MAX_UPLOAD_BYTES,
      maxReportBytes: env.MAX_REPORT_BYTES,
      maxReportFiles: env.MAX_REPORT_FILES,
      maxCoverageBytes: env.MAX_COVERAGE_BYTES,
      uploadConcurrency: env.UPLOAD_CONCURRENCY,
      uploadSeconds: env.UPLOAD_SECONDS,
    },
    retention: {
      keepSuperseded: env.KEEP_SUPERSEDED,
      keepDeletedDays: env.KEEP_DELETED_DAYS,
      maxStoredBytes: env.MAX_STORED_BYTES,
    },
    shutdownSeconds: env.SHUTDOWN_SECONDS,
    auth: readUploads(env, { publicUrl, isLocal: isLocal({ host, publicUrl }) }, refuse),
    login: readLogin(env, { publicUrl, codeHost, given: names }, refuse),
    bucket: readBucket(env, names, refuse),
    statusContext: env.STATUS_CONTEXT,
    defaultBranches: env.DEFAULT_BRANCHES,
    codeHost,
    metricsRepositories: env.METRICS_REPOSITORIES,
    logLevel: env.LOG_LEVEL,
    logFormat: env.LOG_FORMAT,
  };
  if (contradictions.length > 0) throw new ConfigError(contradictions);
  return config;
}

/** Cookies know no ports; and without https browsers let reports keep hold of windows they opened. */
function checkOrigins(
  publicUrl: string | undefined,
  reportsUrl: string | undefined,
  refuse: (sentence: string) => void,
): void {
  if (reportsUrl === undefined) return;
  if (publicUrl === undefined) return refuse("REPORTS_URL is set, and needs PUBLIC_URL.");
  if (isReportsHost(reportsUrl)(new URL(publicUrl))) {
    return refuse("REPORTS_URL has the host of PUBLIC_URL; reports need another one.");
  }
  const areSafe = [publicUrl, reportsUrl]
    .every((url) => isPrivate(url) || new URL(url).hostname.endsWith(".localhost"));
  if (!areSafe) refuse("REPORTS_URL is set; it and PUBLIC_URL must be https.");
}

/** Whether only this machine reaches the server, as far as its settings say. */
export function isLocal(
  { host, publicUrl }: { host: string; publicUrl: string | undefined },
): boolean {
  return isLoopback(host) && (publicUrl === undefined || isLoopback(new URL(publicUrl).hostname));
}

/** Reads the settings of this process, one by one, so that `--allow-env` can be a list. */
export function readEnvironment(): Config {
  return readConfig(Object.fromEntries(variableNames.map((name) => [name, Deno.env.get(name)])));
}

/** Each variable with its allowed values and its default, as help shows them. */
export function describeVariables(): { name: string; allowed: string; fallback: string }[] {
  return Object.entries(variables).map(([name, schema]) => ({
    name,
    allowed: schema.description!,
    fallback: [schema.parse(undefined) ?? []].flat().join(","),
  }));
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
