/** Everything that an operator can set: environment variables, read here and nowhere else. */
import { z } from "zod";
import { OperatorError } from "./errors.ts";
import { isReportsHost } from "./model/reports_url.ts";
import { CODE_HOSTS, type CodeHostKind, kindOf } from "./model/code_host.ts";

/** What an upload may cost; every limit is a count, bytes or seconds as its name says. */
export interface Limits {
  /** Bytes of a request body, as sent. Default: 100 MiB. */
  readonly maxUploadBytes: number;
  /** Bytes of a report, unpacked. Default: 1 GiB. */
  readonly maxReportBytes: number;
  /** Entries of an archive. Default: 100,000. */
  readonly maxReportFiles: number;
  /** Bytes of one coverage file. Default: 256 MiB. */
  readonly maxCoverageBytes: number;
  /** Uploads worked on at a time; 25 times as many may wait. Default: 4. */
  readonly uploadConcurrency: number;
  /** Seconds in which a body must have arrived. Default: 600. */
  readonly uploadSeconds: number;
}

/** Which reports are retained beside the newest of each branch and language; numbers always are. */
export interface Retention {
  /** Superseded reports of each branch and language. Default: 0. */
  readonly keepSuperseded: number;
  /** Days for which the reports of a deleted branch stay. Default: 30. */
  readonly keepDeletedDays: number;
  /** Bytes of all reports, above which superseded ones go, the oldest first; unset: no bound. */
  readonly maxStoredBytes: number | undefined;
}

/** A token for uploads or for reading, known by its hash alone. */
export interface ScopedToken {
  /** The repositories that it is for: `org/repo`, `org/*` or `*`. */
  readonly scope: string;
  /** SHA-256 of the token, in hex. */
  readonly sha256: string;
}

/** Who may upload. */
export interface Auth {
  /** The accepted kinds of credentials; none: no credential is required. */
  readonly methods: ReadonlySet<"github" | "oidc" | "token">;
  /** Whether requests straight from this machine need none. */
  readonly local: boolean;
  /** The GitHub APIs that requests may choose from, no trailing slash. */
  readonly githubApiUrls: readonly string[];
  /** The issuer whose OIDC tokens are accepted, without a trailing slash. */
  readonly oidcIssuers: readonly string[];
  /** The accepted audiences of OIDC tokens; none: no such token is accepted. */
  readonly oidcAudiences: readonly string[];
  /** Whose repositories may upload by GitHub or OIDC tokens: `org/repo`, `org/*` or `*`. */
  readonly uploadAccounts: readonly string[];
  /** The accepted upload tokens. */
  readonly uploadTokens: readonly ScopedToken[];
}

/** How people sign in, and what programs read with. */
export interface Login {
  /** An OpenID Connect issuer, or the GitHub of `GITHUB_URL` where that is undefined. */
  readonly issuer: string | undefined;
  /** What people know it by. */
  readonly provider: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Who of the issuer's people: `ada@example.com`, `@example.com`, `group:<name>` or `*`. */
  readonly allow: readonly string[];
  /** Whose active members, on GitHub. */
  readonly githubOrgs: readonly string[];
  /** The first makes cookies and badge tokens, all of them read them. */
  readonly secrets: readonly string[];
  /** How long a session lasts. */
  readonly sessionHours: number;
  readonly readTokens: readonly ScopedToken[];
  /** `PUBLIC_URL`, which cannot be unset here. */
  readonly publicUrl: string;
}

/** Where the archives of reports are, and who asks for them. */
export interface BucketSettings {
  /** Of the bucket, path-style, without a trailing slash. */
  readonly url: string;
  /** What the names of all objects begin with: empty, or with a slash at its end. */
  readonly prefix: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
  /** Size of the reports on this server's disk, which is a cache of the bucket. Default: 10 GiB. */
  readonly cacheBytes: number;
}

/** The settings of a server. */
export interface Config {
  /** Address to listen on. */
  readonly host: string;
  /** Port to listen on; 0 picks a free one. */
  readonly port: number;
  /** What links in answers begin with, no trailing slash; unset: the address of each request. */
  readonly publicUrl: string | undefined;
  /** The origin that reports have of their own, `*` for a report's id; unset: a sandbox in the server's. */
  readonly reportsUrl: string | undefined;
  /** A Postgres to use; unset: the embedded one. */
  readonly databaseUrl: string | undefined;
  /** Folder of the reports and of the embedded database. */
  readonly dataDir: string;
  /** Where reports are kept; unset: in that folder alone. */
  readonly bucket: BucketSettings | undefined;
  /** Limits of an upload. */
  readonly limits: Limits;
  /** Which reports are retained. */
  readonly retention: Retention;
  /** Seconds that answers under way have to finish when the server is asked to stop. */
  readonly shutdownSeconds: number;
  /** Who may upload. */
  readonly auth: Auth;
  /** Who may read; undefined: everybody. */
  readonly login: Login | undefined;
  /** Names the commit status of an upload; `{language}` in it stands for the upload's. */
  readonly statusContext: string;
  /** The branches that may stand for a repository; the first that is active does. */
  readonly defaultBranches: readonly string[];
  /** Where links to branches, commits and authors point, no trailing slash. */
  readonly codeHost: { readonly kind: CodeHostKind; readonly url: string };
  /** Repositories whose coverage is among the metrics, those uploaded last. Default: 0. */
  readonly metricsRepositories: number;
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

const wholeOrUnset = (least: number, most: number) =>
  z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(least).max(most)).optional()
    .describe(`a whole number from ${least} to ${most}`);
const whole = (least: number, most: number, fallback: number) =>
  wholeOrUnset(least, most).transform((value) => value ?? fallback)
    .describe(`a whole number from ${least} to ${most}`);
const oneOf = <const T extends string>(values: readonly T[], fallback: T) =>
  z.enum(values).default(fallback).describe(`one of ${values.join(", ")}`);
const address = (protocol: RegExp, like: string) =>
  z.url({ protocol }).optional().describe(`an address like ${like}`);

const list = z.string()
  .transform((text) => text.split(/[\s,]+/).filter((entry) => entry !== ""))
  .refine((entries) => entries.length > 0);
const addresses = list
  .refine((urls) => urls.every(isApiUrl))
  // Scheme and host in the letter case that URLs have them in; a path is as it is.
  .transform((urls) => urls.map((url) => new URL(url).href.replace(/\/+$/, "")));

/** An account, which stands for all its repositories, or a scope. */
const ACCOUNT = /^(\*|[\w.-]{1,100}(\/(\*|[\w.-]{1,100}))?)$/;
const TOKEN = /^(?<scope>\*|[\w.-]{1,100}\/(?:\*|[\w.-]{1,100})):(?<sha256>[0-9a-f]{64})$/i;
/** Variables whose value is never repeated: it holds a password, or what stands for one. */
const SECRET = new Set([
  "DATABASE_URL",
  "UPLOAD_TOKENS",
  "READ_TOKENS",
  "LOGIN_CLIENT_SECRET",
  "SESSION_SECRET",
  "S3_URL",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
]);
/** A person, a domain, a group or everybody; group names have spaces, so only commas separate. */
const ALLOWED = /^(\*|group:.+|[^\s@:]*@?[^\s@:]+\.[^\s@:]+)$/;
const tokens = list
  .transform((entries) => entries.map((entry) => TOKEN.exec(entry)?.groups))
  .refine((tokens) => tokens.every((token) => token !== undefined))
  .transform((tokens) =>
    tokens.map((token) => ({ scope: token!.scope!, sha256: token!.sha256!.toLowerCase() }))
  )
  .default([])
  .describe("a list of <scope>:<sha256 of the token>, as `deno task token <scope>` prints them");

const variables = z.object({
  HOST: z.string().regex(/^[A-Za-z0-9.:-]+$/).default("127.0.0.1").describe(
    "a host name or address",
  ),
  PORT: whole(0, 65535, 3000),
  PUBLIC_URL: address(/^https?$/, "https://coverage.example.com")
    .refine((url) => url === undefined || isApiUrl(url))
    // Slashes at its end would be doubled, and those at the beginning of its path name a host.
    .transform((url) => url?.replace(/(?<!:)\/{2,}/g, "/").replace(/\/$/, ""))
    .describe("an address like https://coverage.example.com"),
  REPORTS_URL: address(/^https?$/, "https://reports.example.com")
    .refine((url) => url === undefined || isApiUrl(url) && new URL(url).pathname === "/")
    .transform((url) => url && new URL(url).origin)
    .describe(
      "an address like https://reports.example.com or https://*.reports.example.com, without a path",
    ),
  DATABASE_URL: address(/^postgres(ql)?$/, "postgres://user:password@host:5432/database")
    .refine((url) => url === undefined || isPercentEncoded(url)),
  DATA_DIR: z.string().min(1).default("./data").describe("a folder"),
  S3_URL: z.string().refine((url) => parseBucketUrl(url) !== undefined).optional()
    .describe("an address like https://s3.example.com/bucket/prefix or s3://bucket/prefix"),
  S3_REGION: z.string().regex(/^[a-z0-9-]{1,50}$/).default("us-east-1")
    .describe("the name of a region, such as eu-central-1, or auto"),
  AWS_ACCESS_KEY_ID: z.string().min(1).optional().describe("the id of an access key"),
  AWS_SECRET_ACCESS_KEY: z.string().min(1).optional().describe("the secret of that access key"),
  AWS_SESSION_TOKEN: z.string().min(1).optional().describe("the token of temporary credentials"),
  CACHE_BYTES: whole(0, 2 ** 50, 10 * 1024 * MiB),
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
  AUTH: list
    .refine((names) => names.join() === "none" || names.every(isMethod))
    .optional()
    .describe("none, or a list of github, oidc and token with commas between them"),
  GITHUB_API_URLS: addresses.default(["https://api.github.com"])
    .describe("addresses like https://api.github.com with commas between them"),
  OIDC_ISSUERS: addresses.default(["https://token.actions.githubusercontent.com"])
    .describe(
      "addresses like https://token.actions.githubusercontent.com with commas between them",
    ),
  OIDC_AUDIENCE: z.string().min(1).optional().describe("a name, usually this server's address"),
  UPLOAD_ACCOUNTS: list
    .refine((entries) => entries.every((entry) => ACCOUNT.test(entry)))
    .transform((entries) =>
      entries.map((entry) => entry === "*" || entry.includes("/") ? entry : `${entry}/*`)
    )
    .optional()
    .describe("a list of accounts or repositories like acme or acme/shop, or * for all"),
  UPLOAD_TOKENS: tokens,
  READ: oneOf(["open", "login"], "open"),
  LOGIN_ISSUER: z.string().refine(isApiUrl).optional()
    .describe("an address like https://accounts.example.com"),
  LOGIN_ALLOW: z.string()
    .transform((text) => text.split(",").map((entry) => entry.trim()).filter((entry) => entry))
    .refine((entries) => entries.length > 0 && entries.every((entry) => ALLOWED.test(entry)))
    .transform((entries) =>
      entries.map((entry) => {
        if (entry === "*" || entry.startsWith("group:")) return entry;
        return (entry.includes("@") ? entry : `@${entry}`).toLowerCase();
      })
    )
    .default([])
    .describe("a list like ada@example.com,@example.org,group:developers, or * for everybody"),
  LOGIN_GITHUB_ORGS: list
    .refine((names) => names.length <= 20 && names.every((name) => /^[\w.-]{1,100}$/.test(name)))
    .default([]).describe("1 to 20 names of GitHub organisations with commas between them"),
  LOGIN_CLIENT_ID: z.string().min(1).optional().describe("the client id of an application"),
  LOGIN_CLIENT_SECRET: z.string().min(1).optional().describe("the secret of that application"),
  SESSION_SECRET: z.string().transform((text) => text.split(",").map((secret) => secret.trim()))
    .refine((secrets) => secrets.length <= 2 && secrets.every((secret) => secret.length >= 32))
    .default([])
    .describe("a random text of at least 32 characters, or two with a comma between them"),
  SESSION_HOURS: whole(1, 8760, 12),
  READ_TOKENS: tokens,
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
      const actual = SECRET.has(name) ? "" : ` is ${JSON.stringify(given[name])};`;
      return `${name}${actual} must be ${allowed}.`;
    }));
  }
  const env = result.data;
  const local = isLocal({ host: env.HOST, publicUrl: env.PUBLIC_URL });
  const methods = new Set((env.AUTH ?? ["github"]).filter(isMethod));
  const usesGithub = methods.has("github") || methods.has("oidc");
  // Clients that know only the address of the API use its origin as the audience.
  const audiences = env.OIDC_AUDIENCE !== undefined
    ? [env.OIDC_AUDIENCE]
    : env.PUBLIC_URL !== undefined
    ? [...new Set([env.PUBLIC_URL, new URL(env.PUBLIC_URL).origin])]
    : [];
  const contradictions = [
    ...contradictionsOfOrigins(env.PUBLIC_URL, env.REPORTS_URL),
    ...(methods.has("oidc") && audiences.length === 0
      ? ["AUTH has oidc, and neither OIDC_AUDIENCE nor PUBLIC_URL says whom tokens are meant for."]
      : []),
    ...(usesGithub && env.UPLOAD_ACCOUNTS === undefined && !local
      ? [
        "UPLOAD_ACCOUNTS is unset, so every account of GitHub could upload; name those that may, " +
        "such as UPLOAD_ACCOUNTS=acme, or * for all.",
      ]
      : []),
    ...(!usesGithub && env.UPLOAD_ACCOUNTS !== undefined
      ? ["UPLOAD_ACCOUNTS is set, and AUTH has neither github nor oidc, which it is about."]
      : []),
    ...(methods.has("token") && env.UPLOAD_TOKENS.length === 0
      ? ["AUTH has token, and UPLOAD_TOKENS is unset; `deno task token <scope>` prints an entry."]
      : []),
    ...(!methods.has("token") && env.UPLOAD_TOKENS.length > 0
      ? ["UPLOAD_TOKENS is set, but AUTH does not have token, so that none of them is accepted."]
      : []),
  ];
  const login = loginOf(env, given);
  if (typeof login === "string") contradictions.push(login);
  const bucket = bucketOf(env, given);
  if (typeof bucket === "string") contradictions.push(bucket);
  if (contradictions.length > 0 || typeof login === "string" || typeof bucket === "string") {
    throw new ConfigError(contradictions);
  }
  return {
    host: env.HOST,
    port: env.PORT,
    publicUrl: env.PUBLIC_URL,
    reportsUrl: env.REPORTS_URL,
    databaseUrl: env.DATABASE_URL,
    dataDir: env.DATA_DIR,
    bucket,
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
    auth: {
      methods,
      local: env.AUTH === undefined && local,
      githubApiUrls: env.GITHUB_API_URLS,
      oidcIssuers: env.OIDC_ISSUERS,
      oidcAudiences: methods.has("oidc") ? audiences : [],
      uploadAccounts: env.UPLOAD_ACCOUNTS ?? ["*"],
      uploadTokens: env.UPLOAD_TOKENS,
    },
    login,
    statusContext: env.STATUS_CONTEXT,
    defaultBranches: env.DEFAULT_BRANCHES,
    codeHost: {
      kind: env.CODE_HOST ?? kindOf(env.GITHUB_URL),
      url: env.GITHUB_URL.replace(/\/+$/, ""),
    },
    metricsRepositories: env.METRICS_REPOSITORIES,
    logLevel: env.LOG_LEVEL,
    logFormat: env.LOG_FORMAT,
  };
}

/** Cookies know no ports; and without https browsers let reports keep hold of windows they opened. */
function contradictionsOfOrigins(publicUrl?: string, reportsUrl?: string): string[] {
  if (reportsUrl === undefined) return [];
  if (publicUrl === undefined) return ["REPORTS_URL is set, and needs PUBLIC_URL."];
  if (isReportsHost(reportsUrl)(new URL(publicUrl))) {
    return ["REPORTS_URL has the host of PUBLIC_URL; reports need another one."];
  }
  const isSafe = [publicUrl, reportsUrl].every((url) =>
    url.startsWith("https:") || isLoopback(url) || new URL(url).hostname.endsWith(".localhost")
  );
  return isSafe ? [] : ["REPORTS_URL is set; it and PUBLIC_URL must be https."];
}

/** The bucket of `S3_URL`, undefined without it, or a sentence about what it lacks. */
function bucketOf(
  env: z.infer<typeof variables>,
  given: Readonly<Record<string, string | undefined>>,
): BucketSettings | string | undefined {
  const { S3_URL, S3_REGION: region, CACHE_BYTES: cacheBytes } = env;
  if (S3_URL === undefined) {
    // AWS_* may be there for other programs.
    const unused = ["S3_REGION", "CACHE_BYTES"].filter((name) => given[name] !== undefined);
    return unused.length > 0
      ? `S3_URL is unset, so ${unused.join(", ")} must be unset.`
      : undefined;
  }
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    return "S3_URL is set, and AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set.";
  }
  const { host, bucket, prefix } = parseBucketUrl(S3_URL)!;
  if (host === undefined && region === "auto") {
    return "S3_REGION is auto, and S3_URL is of AWS, where buckets have a region such as us-east-1.";
  }
  const url = `${host ?? `https://s3.${region}.amazonaws.com`}/${bucket}`;
  const sessionToken = env.AWS_SESSION_TOKEN;
  return { url, prefix, region, accessKeyId, secretAccessKey, sessionToken, cacheBytes };
}

/** The parts of an `S3_URL`: the host is undefined for AWS. */
function parseBucketUrl(
  text: string,
): { host: string | undefined; bucket: string; prefix: string } | undefined {
  const [, host, bucket, path = ""] =
    /^(?:s3:\/|(https?:\/\/[\w.:[\]-]+))\/([\w][\w.-]{1,100})((?:\/[\w.-]{1,100})*)\/?$/.exec(
      text,
    ) ?? [];
  const isAddress = host === undefined || URL.canParse(host);
  if (bucket === undefined || !isAddress || /\/\.{1,2}(\/|$)/.test(path)) return undefined;
  return { host, bucket, prefix: path === "" ? "" : `${path.slice(1)}/` };
}

/** What `READ=login` needs, undefined without it, or a sentence about what contradicts it. */
function loginOf(
  env: z.infer<typeof variables>,
  given: Readonly<Record<string, string | undefined>>,
): Login | string | undefined {
  if (env.READ === "open") {
    const unused = variableNames.filter((name) =>
      /^(LOGIN|SESSION|READ)_/.test(name) && given[name] !== undefined
    );
    if (unused.length === 0) return undefined;
    return `READ is open, so that everybody can read, and ${unused.join(", ")} must be unset.`;
  }
  const { LOGIN_ISSUER: issuer, LOGIN_ALLOW: allow, LOGIN_GITHUB_ORGS: githubOrgs } = env;
  const { PUBLIC_URL: publicUrl, LOGIN_CLIENT_ID: clientId } = env;
  const { LOGIN_CLIENT_SECRET: clientSecret, SESSION_SECRET: secrets } = env;
  if (publicUrl === undefined || !isPrivateUrl(publicUrl)) {
    return "READ is login, and PUBLIC_URL must be an address with https, or of this machine.";
  }
  if ((issuer === undefined) === (githubOrgs.length === 0)) {
    return "READ is login, and one of LOGIN_ISSUER and LOGIN_GITHUB_ORGS must be set.";
  }
  if (issuer === undefined && (env.CODE_HOST ?? kindOf(env.GITHUB_URL)) !== "github") {
    return "READ is login, and LOGIN_GITHUB_ORGS needs a GitHub at GITHUB_URL; others need LOGIN_ISSUER.";
  }
  if (!isPrivateUrl(issuer ?? env.GITHUB_URL)) {
    return `READ is login, and ${
      issuer ? "LOGIN_ISSUER" : "GITHUB_URL"
    } must be an address with https.`;
  }
  if ((issuer === undefined) !== (allow.length === 0)) {
    return "READ is login, and LOGIN_ALLOW must be set with LOGIN_ISSUER, and only with it; * " +
      "allows everybody whom the issuer knows.";
  }
  if (clientId === undefined || clientSecret === undefined || secrets.length === 0) {
    return "READ is login, and LOGIN_CLIENT_ID, LOGIN_CLIENT_SECRET and SESSION_SECRET must be set.";
  }
  const { SESSION_HOURS: sessionHours, READ_TOKENS: readTokens } = env;
  const { host } = new URL(issuer ?? env.GITHUB_URL);
  const provider = host === "github.com" ? "GitHub" : host;
  const client = { issuer, provider, clientId, clientSecret, allow, githubOrgs };
  return { ...client, secrets, sessionHours, readTokens, publicUrl };
}

/** Whether nobody can read what is sent there on its way. */
function isPrivateUrl(address: string): boolean {
  return new URL(address).protocol === "https:" || isLoopback(address);
}

/** Whether only this machine reaches the server, as far as its settings say. */
export function isLocal({ host, publicUrl }: Pick<Config, "host" | "publicUrl">): boolean {
  return LOOPBACK.has(host) && (publicUrl === undefined || isLoopback(publicUrl));
}

/** Reads the settings of this process, one by one, so that `--allow-env` can be a list. */
export function readEnvironment(): Config {
  return readConfig(Object.fromEntries(variableNames.map((name) => [name, Deno.env.get(name)])));
}

/** Each variable with its allowed values and its default, as help shows them. */
export function describeVariables(): { name: string; allowed: string; fallback: string }[] {
  return Object.entries(variables.shape).map(([name, schema]) => ({
    name,
    allowed: schema.description!,
    fallback: [schema.parse(undefined) ?? []].flat().join(","),
  }));
}

function isMethod(name: string): name is "github" | "oidc" | "token" {
  return name === "github" || name === "oidc" || name === "token";
}

/** An address to which a path can be added. */
function isApiUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" &&
    url.password === "" && !/[?#]/.test(text);
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
