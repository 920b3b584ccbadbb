// A GitHub of a test's own: a server on 127.0.0.1 with the endpoints of the REST API (version
// 2022-11-28) that the product uses. It keeps what it is sent and refuses what GitHub refuses, with
// GitHub's statuses and messages.

import { answerLogin, type GithubLogin } from "./github_login.ts";
import { serve } from "./serve.ts";
import { compareCommits, readCommit } from "./github_commits.ts";

/** A token's permissions in a repository; what is not named is denied. */
export type Permissions = Partial<
  Record<"contents" | "statuses" | "pull-requests", "read" | "write">
>;

export interface RepositoryOptions {
  owner: string;
  name: string;
  /** Whole hashes. */
  commits?: Iterable<string>;
  branches?: Iterable<string>;
  /** Numbers of pull requests. */
  pulls?: Iterable<number>;
  /** Who sees the repository, and what each token may do. */
  tokens?: Readonly<Record<string, Permissions>>;
  /** `owner/name` of before; requests for them are redirected. */
  formerNames?: readonly string[];
}

export interface GitHubOptions {
  repositories?: readonly RepositoryOptions[];
  /** Tokens of people, with their logins; every other token is a job's. */
  people?: Readonly<Record<string, string>>;
  /** Has people sign in. */
  login?: GithubLogin;
  /** What paths begin with: `/api/v3` on an Enterprise Server. */
  prefix?: string;
}

export interface User {
  login: string;
  type: "User" | "Bot";
}

interface Comment {
  id: number;
  /** Of the pull request. */
  number: number;
  body: string;
  user: User;
}

interface Status {
  id: number;
  sha: string;
  state: string;
  description: string | null;
  context: string;
}

export interface LoggedRequest {
  method: string;
  /** With its query. */
  path: string;
  /** Of `authorization` only the scheme. */
  headers: Record<string, string>;
  /** The JSON of the body, text where it is none, `undefined` without a body. */
  body: unknown;
}

interface TroubleOptions {
  /** After so many it is over; default: it stays. */
  times?: number;
  /** Default: all. */
  when?: (request: LoggedRequest) => boolean;
}

/** When a limit says that it ends: the primary one in seconds since 1970, the secondary in seconds. */
interface RateLimitOptions extends TroubleOptions {
  reset?: number;
  retryAfter?: number;
}

export interface GitHub extends AsyncDisposable {
  /** The API's address, without a trailing slash. */
  readonly address: string;
  readonly requests: LoggedRequest[];
  /** What each request waits for before it is answered. */
  held: (request: LoggedRequest) => Promise<void>;
  /** By `owner/name`; a test may change it. */
  repository(fullName: string): Repository;
  /** Refuses for too many requests: the primary limit is 403, the secondary 429. */
  rateLimited(kind?: "primary" | "secondary", options?: RateLimitOptions): void;
  /** Answers 503. */
  down(options?: TroubleOptions): void;
  /** Answers once the returned function is called, or never to a client that went away. */
  slow(): () => void;
  up(): void;
}

const JOB: User = { login: "github-actions[bot]", type: "Bot" };

export class Repository {
  readonly commits: Set<string>;
  /** Names, with the commit each is at. */
  readonly branches: Map<string, string>;
  readonly pulls: Set<number>;
  /** By token. */
  readonly permissions: Map<string, Permissions>;
  readonly comments: Comment[] = [];
  /** Oldest first. */
  readonly statuses: Status[] = [];
  /** What the list of pull requests has, in GitHub's shape. */
  readonly pullRequests: { head: { ref: string } }[] = [];
  /** A folder with a git repository that has the commits, to compare them. */
  git: string | undefined;
  #lastId = 100_000;

  /** Its number is in the links to it, and outlives its names. */
  constructor(readonly id: number, readonly options: RepositoryOptions) {
    this.commits = new Set(options.commits);
    this.branches = new Map(Array.from(options.branches ?? [], (name) => [name, "0".repeat(40)]));
    this.pulls = new Set(options.pulls);
    this.permissions = new Map(Object.entries(options.tokens ?? {}));
  }

  isNamed(fullName: string): boolean {
    return `${this.options.owner}/${this.options.name}`.toLowerCase() === fullName.toLowerCase();
  }

  nextId(): number {
    return ++this.#lastId;
  }

  /** Adds a comment, by a job unless somebody is named. */
  addComment(number: number, body: string, user: User = JOB): Comment {
    const comment = { id: this.nextId(), number, body, user };
    this.comments.push(comment);
    return comment;
  }
}

export const person = (login: string): User => ({ login, type: "User" });

/** Starts a GitHub on a free port; dispose it to stop it. */
// deno-lint-ignore require-await
export async function startGitHub(
  { prefix = "", people = {}, ...options }: GitHubOptions = {},
): Promise<GitHub> {
  const repositories = (options.repositories ?? []).map((one, i) => new Repository(1000 + i, one));
  const requests: LoggedRequest[] = [];
  /** An answer of `undefined` lets the request pass after all. */
  const troubles: { left: number; when: (request: LoggedRequest) => boolean; answer: Answer }[] =
    [];
  const held = new Set<() => void>();
  const server = serve(
    async (request) => {
      const body = await request.text();
      const logged = logOf(request, body);
      requests.push(logged);
      const trouble = troubles.find(({ left, when }) => left > 0 && when(logged));
      if (trouble) trouble.left--;
      await github.held(logged);
      const token = /^(?:bearer|token) +(\S+)$/i.exec(request.headers.get("authorization") ?? "");
      return await trouble?.answer(request.signal) ??
        (options.login && answerLogin(options.login, request, body)) ??
        answer(world, logged, token?.[1] ?? "");
    },
  );
  const address = server.address + prefix;
  const world: World = { repositories, people, address };
  const add = ({ times = Infinity, when = () => true }: TroubleOptions, answer: Answer) =>
    void troubles.push({ left: times, when, answer });
  const github: GitHub = {
    address,
    requests,
    held: async () => {},
    repository: (fullName) => repositories.find((one) => one.isNamed(fullName))!,
    rateLimited(kind = "primary", { reset, retryAfter = 60, ...trouble } = {}) {
      const until = String(reset ?? Math.floor(Date.now() / 1000) + 3600);
      const primary = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": until };
      add(
        trouble,
        () =>
          kind === "primary"
            ? refusal(403, "API rate limit exceeded for installation ID 1.", primary)
            : refusal(429, "You have exceeded a secondary rate limit.", {
              "retry-after": String(retryAfter),
            }),
      );
    },
    down(trouble = {}) {
      const headers = { "content-type": "text/html" };
      add(trouble, () => new Response("<p>No server is available.</p>", { status: 503, headers }));
    },
    slow() {
      const released = Promise.withResolvers<undefined>();
      const release = () => released.resolve(undefined);
      held.add(release);
      add({}, (gone) => {
        gone.addEventListener("abort", release);
        return released.promise;
      });
      return release;
    },
    up() {
      troubles.length = 0;
      for (const release of held) release();
    },
    async [Symbol.asyncDispose]() {
      for (const release of held) release();
      await server[Symbol.asyncDispose]();
    },
  };
  return github;
}

type Answer = (gone: AbortSignal) => Response | Promise<undefined>;

interface World {
  readonly repositories: readonly Repository[];
  readonly people: Readonly<Record<string, string>>;
  readonly address: string;
}

/** A request that a repository is to answer. */
export interface Call {
  readonly repository: Repository;
  readonly address: string;
  readonly body: Record<string, unknown>;
  readonly url: URL;
  readonly may: Permissions;
  readonly user: User;
  readonly part: string;
  readonly request: LoggedRequest;
}

const endpoints: readonly [
  method: string,
  pattern: RegExp,
  answer: (call: Call) => Response | Promise<Response>,
][] = [
  ["POST", /^\/statuses\/([^/]+)$/, createStatus],
  ["GET", /^\/issues\/(\d+)\/comments$/, listComments],
  ["POST", /^\/issues\/(\d+)\/comments$/, createComment],
  ["PATCH", /^\/issues\/comments\/(\d+)$/, updateComment],
  ["DELETE", /^\/issues\/comments\/(\d+)$/, deleteComment],
  ["GET", /^\/branches()$/, listBranches],
  ["GET", /^\/pulls()$/, listPulls],
  ["GET", /^\/compare\/([^/]+)$/, compareCommits],
  ["GET", /^\/git\/commits\/([^/]+)$/, readCommit],
];

/** Checks in GitHub's order: who it is, the repository, and then the endpoint. */
function answer(
  world: World,
  request: LoggedRequest,
  token: string,
): Response | Promise<Response> {
  const login = world.people[token];
  const visible = world.repositories.filter(({ permissions }) => permissions.has(token));
  const user = login ? person(login) : visible.length > 0 ? JOB : undefined;
  if (!user) return refusal(401, "Bad credentials");

  const url = new URL(request.path, world.address);
  if (url.pathname.endsWith("/graphql")) return whoIs(user, request);
  const prefix = new URL(world.address).pathname.replace(/\/$/, "");
  const [, fullName = "", id, rest = ""] =
    /^(?:\/repos\/([^/]+\/[^/]+)|\/repositories\/(\d+))(\/.*)?$/.exec(
      url.pathname.slice(prefix.length),
    ) ?? [];
  const name = decodeURIComponent(fullName);
  const repository = visible.find((one) => id ? one.id === Number(id) : one.isNamed(name));
  if (!repository) {
    const renamed = visible.find(({ options }) => options.formerNames?.includes(name));
    if (!renamed) return refusal(404, "Not Found");
    const location = `${world.address}/repositories/${renamed.id}${rest}${url.search}`;
    const status = request.method === "GET" ? 301 : 307;
    return Response.json({ message: "Moved Permanently" }, { status, headers: { location } });
  }
  const address = `${world.address}/repositories/${repository.id}`;
  const may = repository.permissions.get(token)!;
  const body = request.body as Record<string, unknown>;
  for (const [method, pattern, endpoint] of endpoints) {
    const part = pattern.exec(rest)?.[1];
    if (part === undefined || method !== request.method) continue;
    return endpoint({ repository, address, body, url, may, user, part, request });
  }
  return refusal(404, "Not Found");
}

/** Of GraphQL only the question who the token is, which no other endpoint answers to every token. */
function whoIs({ login }: User, { body }: LoggedRequest): Response {
  const query = String((body as Record<string, unknown>).query).replaceAll(/\s/g, "");
  return /^(query)?\{viewer\{login\}\}$/.test(query)
    ? Response.json({ data: { viewer: { login } } })
    : Response.json({ errors: [{ message: "Only { viewer { login } } is known here." }] });
}

function createStatus({ repository, body, may, user, part: sha }: Call): Response {
  if (may.statuses !== "write") return notAccessible(user);
  if (!/^[0-9a-f]{40}$/.test(sha)) return refusal(422, "sha must be a 40 character SHA1");
  if (!repository.commits.has(sha)) return refusal(422, `No commit found for SHA: ${sha}`);
  const { state, description = null, target_url, context = "default" } = body;
  const isValid = ["error", "failure", "pending", "success"].includes(String(state)) &&
    [...String(description)].length <= 140 && typeof context === "string" &&
    (target_url === undefined || /^https?:\/\/\S+$/.test(String(target_url)));
  if (!isValid) return refusal(422, "Validation Failed");
  const id = repository.nextId();
  repository.statuses.push({ id, sha, state, description, context } as Status);
  return Response.json({ id, state, description, target_url, context }, { status: 201 });
}

function listComments(call: Call): Response {
  if (!call.may["pull-requests"]) return notAccessible(call.user);
  if (!call.repository.pulls.has(Number(call.part))) return refusal(404, "Not Found");
  const comments = call.repository.comments.filter(({ number }) => number === Number(call.part));
  return paginated(call, comments.map((comment) => toJson(comment)));
}

function createComment({ repository, body, may, user, part }: Call): Response {
  if (may["pull-requests"] !== "write") return notAccessible(user);
  if (!repository.pulls.has(Number(part))) return refusal(404, "Not Found");
  const comment = () => repository.addComment(Number(part), String(body.body), user);
  return refusedBody(body) ?? Response.json(toJson(comment()), { status: 201 });
}

function updateComment({ repository, body, may, user, part }: Call): Response {
  const comment = repository.comments.find(({ id }) => id === Number(part));
  if (!comment) return refusal(404, "Not Found");
  const isForeign = user.type === "Bot" && comment.user.login !== user.login;
  if (may["pull-requests"] !== "write" || isForeign) return notAccessible(user);
  const refused = refusedBody(body);
  if (refused) return refused;
  comment.body = String(body.body);
  return Response.json(toJson(comment));
}

function deleteComment({ repository: { comments }, may, user, part }: Call): Response {
  const at = comments.findIndex(({ id }) => id === Number(part));
  if (at < 0) return refusal(404, "Not Found");
  if (may["pull-requests"] !== "write") return notAccessible(user);
  comments.splice(at, 1);
  return new Response(null, { status: 204 });
}

function listBranches(call: Call): Response {
  if (!call.may.contents) return notAccessible(call.user);
  const branches = [...call.repository.branches].sort().map(([name, sha]) => ({
    name,
    commit: { sha },
    protected: false,
  }));
  return paginated(call, branches);
}

function listPulls(call: Call): Response {
  if (!call.may["pull-requests"]) return notAccessible(call.user);
  const head = call.url.searchParams.get("head")!.replace(/^[^:]*:/, "");
  return paginated(call, call.repository.pullRequests.filter((pull) => pull.head.ref === head));
}

function refusedBody({ body }: Record<string, unknown>): Response | undefined {
  const isGood = typeof body === "string" && body.trim() !== "" && [...body].length <= 65_536;
  return isGood ? undefined : refusal(422, "Validation Failed");
}

/** A page of a list, with the `Link` header that says whether there is another. */
function paginated({ url, address }: Call, all: unknown[]): Response {
  const size = Math.min(Number(url.searchParams.get("per_page") ?? 30), 100);
  const page = Number(url.searchParams.get("page") ?? 1);
  const next = new URL(
    url.pathname.replace(/^.*?\/repos\/[^/]+\/[^/]+/, address) + url.search,
    url,
  );
  next.searchParams.set("page", String(page + 1));
  const headers: HeadersInit = page * size < all.length ? { link: `<${next}>; rel="next"` } : {};
  return Response.json(all.slice((page - 1) * size, page * size), { headers });
}

function toJson({ id, number, body, user }: Comment) {
  return { id, body, user, html_url: `https://github.com/acme/shop/pull/${number}#${id}` };
}

function logOf(request: Request, text: string): LoggedRequest {
  const { pathname, search } = new URL(request.url);
  const headers = Object.fromEntries(request.headers);
  if (headers.authorization) headers.authorization = headers.authorization.split(" ")[0]!;
  let body: unknown = text || undefined;
  try {
    body = JSON.parse(text);
  } catch {
    // It stays text.
  }
  return { method: request.method, path: pathname + search, headers, body };
}

export function notAccessible({ type }: User): Response {
  const by = type === "Bot" ? "integration" : "personal access token";
  return refusal(403, `Resource not accessible by ${by}`);
}

export function refusal(
  status: number,
  message: string,
  headers: Record<string, string> = {},
): Response {
  return Response.json({ message, status: String(status) }, { status, headers });
}
