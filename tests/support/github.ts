/**
 * A GitHub of a test's own: a real server on 127.0.0.1 with the few endpoints of the REST API
 * (version 2022-11-28) that matter here. It keeps what it is told and refuses what GitHub refuses,
 * in GitHub's words, so that code which passes here has met the real answers.
 *
 * @module
 */

/** What a token may do with something of a repository; writing includes reading. */
export type Access = "read" | "write";

/** A token's permissions in a repository; what is not named is denied. A job of a fork has `read`. */
export interface Permissions {
  contents?: Access;
  statuses?: Access;
  issues?: Access;
  "pull-requests"?: Access;
}

/** A repository as a test describes it. */
export interface RepositoryOptions {
  owner: string;
  name: string;
  /** Whole hashes. */
  commits?: Iterable<string>;
  /** Names, or names with the commit each is at. */
  branches?: Iterable<string> | Readonly<Record<string, string>>;
  /** Numbers of pull requests; default: 1. */
  pulls?: Iterable<number>;
  /** Numbers of issues that are no pull requests. */
  issues?: Iterable<number>;
  /** Who sees the repository, and what each token may do. */
  tokens?: Readonly<Record<string, Permissions>>;
  /** `owner/name` of before; they lead to the repository. */
  formerNames?: Iterable<string>;
}

/** What a GitHub is made of. */
export interface GitHubOptions {
  repositories?: readonly RepositoryOptions[];
  /** Tokens of people, with their logins; every other token is a job's. */
  people?: Readonly<Record<string, string>>;
  /** What paths begin with, `/api/v3` on an Enterprise Server; default: nothing. */
  prefix?: string;
  /** How a former name answers to anything but GET; default: 307, as GitHub does for years now. */
  movedStatus?: 301 | 307;
}

/** Who wrote something. */
export interface User {
  login: string;
  id: number;
  type: "User" | "Bot";
}

/** A comment on an issue or a pull request. */
export interface Comment {
  id: number;
  /** Of the issue or pull request. */
  number: number;
  body: string;
  user: User;
  createdAt: Date;
  updatedAt: Date;
}

/** A status of a commit. */
export interface Status {
  id: number;
  sha: string;
  state: string;
  description: string | null;
  targetUrl: string | null;
  context: string;
  creator: User;
  createdAt: Date;
}

/** A request as it arrived. */
export interface LoggedRequest {
  method: string;
  /** With its query. */
  path: string;
  /** All of them; of `authorization` only the scheme. */
  headers: Record<string, string>;
  /** The JSON of the body, text where it is none, `undefined` without a body. */
  body: unknown;
}

/** Which requests meet a trouble. */
export interface TroubleOptions {
  /** After so many it is over; default: it stays. */
  times?: number;
  /** Which requests; default: all. */
  when?: (request: LoggedRequest) => boolean;
}

/** The two kinds of limits, and when they say that they end. */
export interface RateLimitOptions extends TroubleOptions {
  /** Of the primary limit; seconds since 1970. Default: in an hour. */
  reset?: number;
  /** Of the secondary limit; seconds. Default: 60. */
  retryAfter?: number;
}

/** A fake GitHub. */
export interface GitHub extends AsyncDisposable {
  /** What GitHub calls the API's address, without a trailing slash. */
  readonly address: string;
  /** What has arrived, in order. */
  readonly requests: LoggedRequest[];
  /** A repository by `owner/name`; a test may change it. Throws where there is none. */
  repository(fullName: string): Repository;
  /** Refuses for too many requests: the primary limit is 403, the secondary 429. */
  rateLimited(kind?: "primary" | "secondary", options?: RateLimitOptions): void;
  /** Answers 503. */
  down(options?: TroubleOptions): void;
  /** Answers when the function is called that it returns, or never to a client that went away. */
  slow(options?: TroubleOptions): () => void;
  /** Ends every trouble. */
  up(): void;
}

const DOCUMENTATION = "https://docs.github.com/rest";
const VERSIONS = ["2022-11-28", "2026-03-10"];
const MOST_COMMENT_CHARACTERS = 65_536;
const MOST_DESCRIPTION_CHARACTERS = 140;
const MOST_STATUSES = 1000;
const STATES = ["error", "failure", "pending", "success"];
const JOB: User = { login: "github-actions[bot]", id: 41_898_282, type: "Bot" };

/** A repository on the fake GitHub. Numbers of things are never those of another repository. */
export class Repository {
  owner: string;
  name: string;
  readonly commits: Set<string>;
  /** Names, with the commit each is at. */
  readonly branches: Map<string, string>;
  readonly pulls: Set<number>;
  readonly issues: Set<number>;
  /** By token. */
  readonly permissions: Map<string, Permissions>;
  /** Lower-case `owner/name`. */
  readonly formerNames: Set<string>;
  readonly comments: Comment[] = [];
  /** Oldest first. */
  readonly statuses: Status[] = [];
  #lastId: number;

  /** Makes it. */
  constructor(readonly id: number, options: RepositoryOptions) {
    const { branches = [] } = options;
    this.owner = options.owner;
    this.name = options.name;
    this.commits = new Set(options.commits);
    this.branches = new Map(
      Symbol.iterator in branches
        ? Array.from(branches as Iterable<string>, (name) => [name, "0".repeat(40)])
        : Object.entries(branches),
    );
    this.pulls = new Set(options.pulls ?? [1]);
    this.issues = new Set(options.issues);
    this.permissions = new Map(Object.entries(options.tokens ?? {}));
    this.formerNames = new Set(Array.from(options.formerNames ?? [], (n) => n.toLowerCase()));
    this.#lastId = id * 100_000;
  }

  /** A number for something new in it. */
  nextId(): number {
    return ++this.#lastId;
  }

  /** Gives it another name; the one of before leads here. */
  rename(owner: string, name: string): void {
    this.formerNames.add(`${this.owner}/${this.name}`.toLowerCase());
    [this.owner, this.name] = [owner, name];
  }

  /** Adds a comment, by a job unless somebody is named. */
  addComment(number: number, body: string, user: User = JOB): Comment {
    const now = new Date();
    const comment = { id: this.nextId(), number, body, user, createdAt: now, updatedAt: now };
    this.comments.push(comment);
    return comment;
  }

  /** What a token may do. */
  access(token: string, to: keyof Permissions): Access | undefined {
    return this.permissions.get(token)?.[to];
  }
}

/** A person, for a comment. */
export function person(login: string): User {
  const id = [...login].reduce((sum, character) => sum * 31 + character.charCodeAt(0), 7);
  return { login, id: id % 1_000_000_007, type: "User" };
}

/** Starts a GitHub on a free port; dispose it to stop it. */
// deno-lint-ignore require-await
export async function startGitHub(options: GitHubOptions = {}): Promise<GitHub> {
  const { prefix = "", people = {}, movedStatus = 307 } = options;
  const repositories = (options.repositories ?? []).map((one, i) => new Repository(1000 + i, one));
  const requests: LoggedRequest[] = [];
  const troubles: Trouble[] = [];
  const held = new Set<() => void>();
  const world: World = { repositories, people, movedStatus, address: "" };

  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const text = await request.text();
      const logged = logOf(request, text);
      requests.push(logged);
      const response = await troubled(logged, request.signal) ??
        answer(world, logged, tokenOf(request));
      response.headers.set("x-github-request-id", crypto.randomUUID());
      response.headers.set("x-github-api-version-selected", VERSIONS[0]!);
      return response;
    },
  );
  world.address = `http://127.0.0.1:${server.addr.port}${prefix}`;

  async function troubled(request: LoggedRequest, gone: AbortSignal) {
    const trouble = troubles.find(({ left, when }) => left > 0 && when(request));
    if (!trouble) return undefined;
    trouble.left--;
    return await trouble.answer(gone);
  }
  const add = (
    { times = Infinity, when = () => true }: TroubleOptions,
    meet: Trouble["answer"],
  ) => void troubles.push({ left: times, when, answer: meet });

  return {
    address: world.address,
    requests,
    repository(fullName) {
      const found = repositories.find((one) => isNamed(one, fullName));
      if (!found) throw new Error(`There is no repository ${fullName}.`);
      return found;
    },
    rateLimited(kind = "primary", limit = {}) {
      add(limit, () => kind === "primary" ? primaryLimit(limit) : secondaryLimit(limit));
    },
    down(trouble = {}) {
      const page = "<html><body>No server is currently available to service your request." +
        "</body></html>";
      const headers = { "content-type": "text/html" };
      add(trouble, () => new Response(page, { status: 503, headers }));
    },
    slow(trouble = {}) {
      const released = Promise.withResolvers<undefined>();
      const release = () => released.resolve(undefined);
      held.add(release);
      add(trouble, (gone) => {
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
      await server.shutdown();
    },
  };
}

interface Trouble {
  left: number;
  readonly when: (request: LoggedRequest) => boolean;
  /** `undefined` lets the request pass after all. */
  readonly answer: (gone: AbortSignal) => Response | Promise<undefined>;
}

interface World {
  readonly repositories: readonly Repository[];
  readonly people: Readonly<Record<string, string>>;
  readonly movedStatus: number;
  address: string;
}

/** A request that a repository is to answer. */
interface Call {
  readonly world: World;
  readonly repository: Repository;
  readonly request: LoggedRequest;
  readonly query: URLSearchParams;
  readonly token: string;
  readonly user: User;
  /** The parts of the path that the endpoint's pattern names. */
  readonly parts: readonly string[];
}

const endpoints: readonly [method: string, pattern: RegExp, answer: (call: Call) => Response][] = [
  ["POST", /^\/statuses\/([^/]+)$/, createStatus],
  ["GET", /^\/issues\/([^/]+)\/comments$/, listComments],
  ["POST", /^\/issues\/([^/]+)\/comments$/, createComment],
  ["PATCH", /^\/issues\/comments\/([^/]+)$/, updateComment],
  ["GET", /^\/branches$/, listBranches],
];

/** Every check in GitHub's order: the client, who it is, the repository, and then the endpoint. */
function answer(world: World, request: LoggedRequest, token: string | undefined): Response {
  if (!request.headers["user-agent"]) {
    return new Response(
      "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.",
      { status: 403, headers: { "content-type": "text/plain" } },
    );
  }
  const version = request.headers["x-github-api-version"];
  if (version !== undefined && !VERSIONS.includes(version)) {
    return refusal(400, `"${version}" is not a valid API version`);
  }
  const user = token === undefined ? undefined : userOf(world, token);
  if (token === undefined || !user) return refusal(401, "Bad credentials");

  const url = new URL(request.path, world.address);
  if (url.pathname.endsWith("/graphql")) return whoIs(user, request);
  const prefix = new URL(world.address).pathname.replace(/\/$/, "");
  const path = url.pathname.startsWith(prefix) ? url.pathname.slice(prefix.length) : "";
  const [, owner, name, id, rest = ""] =
    /^(?:\/repos\/([^/]+)\/([^/]+)|\/repositories\/(\d+))(\/.*)?$/.exec(path) ?? [];
  const fullName = `${decoded(owner)}/${decoded(name)}`.toLowerCase();
  const visible = world.repositories.filter(({ permissions }) => permissions.has(token));
  const repository = visible.find((one) =>
    id === undefined ? isNamed(one, fullName) : one.id === Number(id)
  );
  if (!repository) {
    const renamed = visible.find(({ formerNames }) => formerNames.has(fullName));
    return renamed ? moved(world, renamed, request.method, rest + url.search) : notFound();
  }
  for (const [method, pattern, endpoint] of endpoints) {
    const found = pattern.exec(rest);
    if (!found || method !== request.method) continue;
    if (method !== "GET" && !isObject(request.body)) {
      return typeof request.body === "object"
        ? refusal(400, "Body should be a JSON object")
        : refusal(400, "Problems parsing JSON");
    }
    const parts = found.slice(1).map(decoded);
    return endpoint({ world, repository, request, query: url.searchParams, token, user, parts });
  }
  return notFound();
}

/** Of GraphQL only the question who the token is, which no other endpoint answers to every token. */
function whoIs({ login }: User, { method, body }: LoggedRequest): Response {
  const query = isObject(body) ? String(body.query) : "";
  if (method !== "POST") return notFound();
  return /^(query)?\{viewer\{login\}\}$/.test(query.replaceAll(/\s/g, ""))
    ? json(200, { data: { viewer: { login } } })
    : json(200, { errors: [{ message: "Only { viewer { login } } is known here." }] });
}

function createStatus({ world, repository, request, token, user, parts: [sha = ""] }: Call) {
  if (repository.access(token, "statuses") !== "write") return notAccessible(user);
  const { state, description = null, target_url = null, context = "default" } = request
    .body as Record<string, unknown>;
  if (!/^[0-9a-f]{40}$/.test(sha)) {
    return invalid("Status", "sha", "sha must be a 40 character SHA1");
  }
  if (!repository.commits.has(sha)) return refusal(422, `No commit found for SHA: ${sha}`);
  if (typeof state !== "string" || !STATES.includes(state)) {
    return invalid("Status", "state", "state is not included in the list");
  }
  if (!isTextOrNull(description) || !isTextOrNull(target_url) || typeof context !== "string") {
    return refusal(422, "Invalid request.\n\nFor 'properties', wrong type of a value.");
  }
  if ([...description ?? ""].length > MOST_DESCRIPTION_CHARACTERS) {
    const most = `(maximum is ${MOST_DESCRIPTION_CHARACTERS} characters)`;
    return invalid("Status", "description", `description is too long ${most}`);
  }
  if (target_url !== null && !isWebAddress(target_url)) {
    return invalid("Status", "target_url", "target_url must use http(s) scheme");
  }
  const sameContext = repository.statuses.filter((status) =>
    status.sha === sha && status.context.toLowerCase() === context.toLowerCase()
  );
  if (sameContext.length >= MOST_STATUSES) {
    return invalid(
      "Status",
      "sha",
      "This SHA and context has reached the maximum number of statuses.",
    );
  }
  const status: Status = {
    id: repository.nextId(),
    ...{ sha, state, description, targetUrl: target_url, context },
    creator: user,
    createdAt: new Date(),
  };
  repository.statuses.push(status);
  const url = `${addressOf(world, repository)}/statuses/${sha}`;
  return json(201, {
    url,
    avatar_url: presentUser(user).avatar_url,
    id: status.id,
    node_id: nodeId("StatusContext", status.id),
    state,
    description,
    target_url,
    context,
    created_at: timeOf(status.createdAt),
    updated_at: timeOf(status.createdAt),
    creator: presentUser(user),
  }, { location: url });
}

function listComments(call: Call): Response {
  const { repository, parts: [number = ""] } = call;
  const refused = refusedOn(call, Number(number), "read");
  if (refused) return refused;
  const comments = repository.comments.filter((one) => one.number === Number(number));
  return paginated(call, comments.map((one) => presentComment(call, one)));
}

function createComment(call: Call): Response {
  const { repository, user, parts: [number = ""] } = call;
  const refused = refusedOn(call, Number(number), "write") ?? refusedBody(call.request.body);
  if (refused) return refused;
  const { body } = call.request.body as { body: string };
  const comment = presentComment(call, repository.addComment(Number(number), body, user));
  return json(201, comment, { location: comment.url });
}

function updateComment(call: Call): Response {
  const { repository, user, parts: [id = ""] } = call;
  const comment = repository.comments.find((one) => String(one.id) === id);
  if (!comment) return notFound();
  const refused = refusedOn(call, comment.number, "write");
  if (refused) return refused;
  if (user.type === "Bot" && comment.user.login !== user.login) return notAccessible(user);
  const refusedText = refusedBody(call.request.body);
  if (refusedText) return refusedText;
  comment.body = (call.request.body as { body: string }).body;
  comment.updatedAt = new Date();
  return json(200, presentComment(call, comment));
}

function listBranches(call: Call): Response {
  const { world, repository, token, user } = call;
  if (!repository.access(token, "contents")) return notAccessible(user);
  const names = [...repository.branches.keys()].sort();
  return paginated(
    call,
    names.map((name) => {
      const sha = repository.branches.get(name)!;
      const commit = { sha, url: `${addressOf(world, repository)}/commits/${sha}` };
      return { name, commit, protected: false };
    }),
  );
}

/** A pull request counts as an issue, and either permission opens it. */
function refusedOn({ repository, token, user }: Call, number: number, needed: Access) {
  const isPull = repository.pulls.has(number);
  const granted = [
    repository.access(token, "issues"),
    ...(isPull || !repository.issues.has(number)
      ? [repository.access(token, "pull-requests")]
      : []),
  ];
  if (!granted.some((access) => access === "write" || access === needed)) {
    return notAccessible(user);
  }
  return isPull || repository.issues.has(number) ? undefined : notFound();
}

function refusedBody(body: unknown): Response | undefined {
  const text = (body as Record<string, unknown>).body;
  if (typeof text !== "string") {
    return refusal(422, 'Invalid request.\n\n"body" wasn\'t supplied.');
  }
  if (text.trim() === "") return invalid("IssueComment", "data", "Body cannot be blank");
  return [...text].length <= MOST_COMMENT_CHARACTERS ? undefined : invalid(
    "IssueComment",
    "data",
    `Body is too long (maximum is ${MOST_COMMENT_CHARACTERS} characters)`,
  );
}

/** A page of a list, with the `Link` header that GitHub sends where there are several. */
function paginated({ world, repository, request, query }: Call, all: unknown[]): Response {
  const number = (name: string, fallback: number) => {
    const value = Number(query.get(name) ?? fallback);
    return Number.isInteger(value) && value > 0 ? value : fallback;
  };
  const perPage = Math.min(number("per_page", 30), 100);
  const page = number("page", 1);
  const last = Math.max(Math.ceil(all.length / perPage), 1);
  const links: string[] = [];
  const link = (to: number, rel: string) => {
    const below = new URL(request.path, world.address).pathname
      .replace(/^.*?\/(repos\/[^/]+\/[^/]+|repositories\/\d+)/, "");
    const url = new URL(`${addressOf(world, repository)}${below}`);
    for (const [name, value] of query) if (name !== "page") url.searchParams.append(name, value);
    url.searchParams.set("page", String(to));
    links.push(`<${url}>; rel="${rel}"`);
  };
  if (page > 1) link(Math.min(page - 1, last), "prev");
  if (page < last) link(page + 1, "next");
  if (page < last) link(last, "last");
  if (page > 1) link(1, "first");
  const shown = all.slice((page - 1) * perPage, page * perPage);
  return json(200, shown, links.length > 0 ? { link: links.join(", ") } : {});
}

/** Links to a repository go by its number, which outlives its names. */
function addressOf(world: World, repository: Repository): string {
  return `${world.address}/repositories/${repository.id}`;
}

function moved(world: World, repository: Repository, method: string, rest: string): Response {
  const url = `${addressOf(world, repository)}${rest}`;
  const body = {
    message: "Moved Permanently",
    url,
    documentation_url:
      `${DOCUMENTATION}/guides/best-practices-for-using-the-rest-api#follow-redirects`,
  };
  return json(method === "GET" ? 301 : world.movedStatus, body, { location: url });
}

function presentComment({ world, repository }: Call, comment: Comment) {
  const { id, number, body, user, createdAt, updatedAt } = comment;
  const page = repository.pulls.has(number) ? "pull" : "issues";
  return {
    url: `${addressOf(world, repository)}/issues/comments/${id}`,
    html_url:
      `https://github.com/${repository.owner}/${repository.name}/${page}/${number}#issuecomment-${id}`,
    issue_url: `${addressOf(world, repository)}/issues/${number}`,
    id,
    node_id: nodeId("IssueComment", id),
    user: presentUser(user),
    created_at: timeOf(createdAt),
    updated_at: timeOf(updatedAt),
    author_association: user.type === "Bot" ? "NONE" : "MEMBER",
    body,
  };
}

function presentUser({ login, id, type }: User) {
  return {
    login,
    id,
    node_id: nodeId(type, id),
    avatar_url: `https://avatars.githubusercontent.com/u/${id}?v=4`,
    type,
    site_admin: false,
  };
}

function userOf({ people, repositories }: World, token: string): User | undefined {
  const login = people[token];
  if (login !== undefined) return person(login);
  return repositories.some(({ permissions }) => permissions.has(token)) ? JOB : undefined;
}

function isNamed({ owner, name }: Repository, fullName: string): boolean {
  return `${owner}/${name}`.toLowerCase() === fullName.toLowerCase();
}

function tokenOf(request: Request): string | undefined {
  return /^(?:bearer|token) +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
}

function logOf(request: Request, text: string): LoggedRequest {
  const { pathname, search } = new URL(request.url);
  const headers = Object.fromEntries(request.headers);
  const { authorization } = headers;
  if (authorization !== undefined) headers.authorization = authorization.split(" ")[0]!;
  return { method: request.method, path: pathname + search, headers, body: parsed(text) };
}

function parsed(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function decoded(part = ""): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function primaryLimit({ reset = Math.floor(Date.now() / 1000) + 3600 }: RateLimitOptions) {
  return refusal(403, "API rate limit exceeded for installation ID 1.", {
    "x-ratelimit-limit": "1000",
    "x-ratelimit-remaining": "0",
    "x-ratelimit-used": "1000",
    "x-ratelimit-reset": String(reset),
    "x-ratelimit-resource": "core",
  });
}

function secondaryLimit({ retryAfter = 60 }: RateLimitOptions) {
  const message = "You have exceeded a secondary rate limit. " +
    "Please wait a few minutes before you try again.";
  return refusal(429, message, { "retry-after": String(retryAfter) });
}

function notFound(): Response {
  return refusal(404, "Not Found");
}

function notAccessible({ type }: User): Response {
  const by = type === "Bot" ? "integration" : "personal access token";
  return refusal(403, `Resource not accessible by ${by}`);
}

function invalid(resource: string, field: string, message: string): Response {
  const code = field === "data" ? "unprocessable" : "custom";
  const errors = [{ resource, code, field, message }];
  return json(422, {
    message: "Validation Failed",
    errors,
    documentation_url: DOCUMENTATION,
    status: "422",
  });
}

function refusal(status: number, message: string, headers: Record<string, string> = {}): Response {
  const body = { message, documentation_url: DOCUMENTATION, status: String(status) };
  return json(status, body, headers);
}

function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return Response.json(body, {
    status,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "x-github-media-type": "github.v3; format=json",
      "x-ratelimit-limit": "1000",
      "x-ratelimit-remaining": "900",
      ...headers,
    },
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === "string";
}

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function nodeId(kind: string, id: number): string {
  return btoa(`${kind}:${id}`);
}

/** GitHub's times have no fractions of a second. */
function timeOf(date: Date): string {
  return date.toISOString().replace(/\.\d+/, "");
}
