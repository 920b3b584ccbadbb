/** A code host: the addresses of its pages, and which GitHub an API or an issuer belongs to. */
import type { CoverageRow, RepositoryName } from "./rows.ts";

interface Shape {
  readonly name: string;
  /** What stands between a repository and a branch, a commit, a file's commit, a pull request. */
  readonly branch: string;
  readonly commit: string;
  readonly file: string;
  readonly pull: string;
  readonly lines: (first: string, last: string | undefined) => string;
  /** The path of an author's page; undefined for a name that cannot be a login. */
  readonly author: (name: string) => string | undefined;
}

const githubLines: Shape["lines"] = (first, last) => last ? `#L${first}-L${last}` : `#L${first}`;
const sameLogin = (name: string) =>
  /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,253}[A-Za-z0-9_])?$/.test(name) ? name : undefined;
const gitea: Shape = {
  name: "Gitea",
  branch: "src/branch/",
  commit: "commit/",
  file: "src/commit/",
  pull: "pulls/",
  lines: githubLines,
  author: sameLogin,
};

const SHAPES = {
  github: {
    name: "GitHub",
    branch: "tree/",
    commit: "commit/",
    file: "blob/",
    pull: "pull/",
    lines: githubLines,
    author: (name) => {
      const login = /^([A-Za-z0-9][A-Za-z0-9_-]{0,99})(\[bot\])?$/.exec(name);
      return login?.[2] ? `apps/${login[1]}` : login?.[1];
    },
  },
  gitlab: {
    name: "GitLab",
    branch: "-/tree/",
    commit: "-/commit/",
    file: "-/blob/",
    pull: "-/merge_requests/",
    lines: (first, last) => last ? `#L${first}-${last}` : `#L${first}`,
    author: sameLogin,
  },
  bitbucket: {
    name: "Bitbucket",
    branch: "branch/",
    commit: "commits/",
    file: "src/",
    pull: "pull-requests/",
    lines: (first, last) => last ? `#lines-${first}:${last}` : `#lines-${first}`,
    // Its accounts have no page by their name.
    author: () => undefined,
  },
  gitea,
  forgejo: { ...gitea, name: "Forgejo" },
} satisfies Record<string, Shape>;

type CodeHostKind = keyof typeof SHAPES;
export const CODE_HOSTS = Object.keys(SHAPES) as CodeHostKind[];

/** Which kind an address is of, as far as its host name tells; GitHub where it does not. */
export function kindOf(url: string): CodeHostKind {
  const { hostname } = new URL(url);
  if (hostname === "codeberg.org") return "forgejo";
  return CODE_HOSTS.find((kind) => hostname.includes(kind)) ?? "github";
}

type Repository = Readonly<RepositoryName>;

export class CodeHost {
  readonly #shape: Shape;
  readonly #url: string;

  /** `url` has no trailing slash. */
  constructor({ kind, url }: { readonly kind: CodeHostKind; readonly url: string }) {
    this.#shape = SHAPES[kind];
    this.#url = url;
  }

  get name(): string {
    return this.#shape.name;
  }

  repository({ org_name, repo_name }: Repository): string {
    // Of groups in groups, two dashes stand for a slash in org_name.
    const org = this.#shape === SHAPES.gitlab ? org_name.replaceAll("--", "/") : org_name;
    return `${this.#url}/${org}/${repo_name}`;
  }

  /** A branch, or the pull request that the Action names `pull/7/head`. */
  branch(row: Repository & Pick<CoverageRow, "branch_name">): string {
    const pull = /^pull\/(\d+)\/head$/.exec(row.branch_name)?.[1];
    const path = pull === undefined
      ? this.#shape.branch + encodePath(row.branch_name)
      : this.#shape.pull + pull;
    return `${this.repository(row)}/${path}`;
  }

  commit(row: Repository & Pick<CoverageRow, "commit_hash">): string {
    return `${this.repository(row)}/${this.#shape.commit}${encodeURIComponent(row.commit_hash)}`;
  }

  /** A file as it is at the commit, and lines of it: "40" or "12-18". */
  file(
    row: Repository & Pick<CoverageRow, "commit_hash">,
    path: string,
    lines?: string,
  ): string {
    const [first, last] = lines?.split("-") ?? [];
    const fragment = first === undefined ? "" : this.#shape.lines(first, last);
    const commit = encodeURIComponent(row.commit_hash);
    return `${this.repository(row)}/${this.#shape.file}${commit}/${encodePath(path)}${fragment}`;
  }

  /** Undefined for a name that cannot be a login. */
  author(name: string): string | undefined {
    const path = this.#shape.author(name);
    return path && `${this.#url}/${path}`;
  }
}

function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

/** Of an enterprise with an issuer of its own, a name follows. */
const GITHUB_COM =
  /^https:\/\/(api\.github\.com|token\.actions\.githubusercontent\.com(\/[^/]+)?)$/;
/** `api.acme.ghe.com` and `token.actions.acme.ghe.com`. */
const GHE_COM = /^https:\/\/(?:api|token\.actions)\.([^./]+\.ghe\.com)(?:\/[^/]+)?$/;
/** GitHub Enterprise Server. */
const GHE_SERVER = /^(https?:\/\/[^/]+)\/(?:api\/v3|_services\/token)$/;

/**
 * The GitHub's web address. Its API and its issuer have the same one, so that jobs of a repository may
 * use either; an address of another form stands for itself.
 */
export function githubOf(address: string): string {
  if (GITHUB_COM.test(address)) return "https://github.com";
  const [, domain] = GHE_COM.exec(address) ?? [];
  if (domain !== undefined) return `https://${domain}`;
  return GHE_SERVER.exec(address)?.[1] ?? address;
}

/** The API of a GitHub's web address. */
export function apiOf(githubUrl: string): string {
  const { protocol, host } = new URL(githubUrl);
  const isHosted = host === "github.com" || host.endsWith(".ghe.com");
  return isHosted ? `${protocol}//api.${host}` : `${githubUrl}/api/v3`;
}
