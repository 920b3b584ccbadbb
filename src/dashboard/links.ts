/**
 * The addresses of the dashboard's pages and of what they link to.
 *
 * @module
 */
import {
  API_PATH,
  badgePath,
  type BranchOfLanguage,
  DASHBOARD_PATH,
  DOCS_PATH,
  type ReportName,
  reportPath,
  repositoryPath,
  uploadReportPath,
} from "../model/urls.ts";
import type { CoverageRow, RepositoryName } from "../model/rows.ts";

/** Query parameters of a link; those that are undefined or empty are left out. */
export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** Makes addresses, as this server's users have to write them. */
export class Site {
  readonly #base: string;
  readonly #origin: string;
  readonly #githubUrl: string;

  /**
   * `publicUrl` may hold a path, below which a proxy has the server; without it addresses begin with
   * `origin`, that of the request.
   */
  constructor(
    { publicUrl, githubUrl }: { publicUrl: string | undefined; githubUrl: string },
    origin: string,
  ) {
    this.#base = publicUrl ? new URL(publicUrl).pathname.replace(/\/$/, "") : "";
    this.#origin = publicUrl ?? origin;
    this.#githubUrl = githubUrl;
  }

  /** The list of repositories. */
  home(query: Query = {}): string {
    return this.#page("", query);
  }

  /** A repository's page. */
  repository(name: RepositoryName, query: Query = {}): string {
    return `${this.#base}${repositoryPath(name)}${search(query)}`;
  }

  /** An author's page. */
  author(org: string, author: string, query: Query = {}): string {
    return this.#page(`/${encodeURIComponent(org)}/user/${encodeURIComponent(author)}`, query);
  }

  /** A file that pages need. */
  asset(name: string): string {
    return this.#page(`/${name}`, {});
  }

  /** What people read about the API, and its files. */
  docs(file = ""): string {
    return `${this.#base}${DOCS_PATH}${file}`;
  }

  /** An address of the API, on pages of this server. */
  api(path: string): string {
    return `${this.#base}${API_PATH}${path}`;
  }

  /** The first page of a branch\'s report. */
  report(row: ReportName): string {
    return `${this.#base}${reportPath(row)}`;
  }

  /** The first page of an upload's own report. */
  uploadReport(row: ReportName & { id: number }): string {
    return `${this.#base}${uploadReportPath(row)}`;
  }

  /** A branch's badge, as an address for other pages to show. */
  badge(branch: BranchOfLanguage): string {
    return `${this.#origin}${badgePath(branch)}`;
  }

  /** A branch's badge, on pages of this server. */
  badgeImage(branch: BranchOfLanguage): string {
    return `${this.#base}${badgePath(branch)}`;
  }

  /** A repository's page, as an address for other pages to link to. */
  absolute(name: RepositoryName): string {
    return new URL(this.repository(name), this.#origin).href;
  }

  /** Where uploads go. */
  upload(): string {
    return `${this.#origin}${API_PATH}`;
  }

  /** A repository on GitHub. */
  githubRepository({ org_name, repo_name }: RepositoryName): string {
    return `${this.#githubUrl}/${org_name}/${repo_name}`;
  }

  /** A branch on GitHub. */
  githubBranch(row: RepositoryName & Pick<CoverageRow, "branch_name">): string {
    const branch = row.branch_name.split("/").map(encodeURIComponent).join("/");
    return `${this.githubRepository(row)}/tree/${branch}`;
  }

  /** A commit on GitHub. */
  githubCommit(row: RepositoryName & Pick<CoverageRow, "commit_hash">): string {
    return `${this.githubRepository(row)}/commit/${row.commit_hash}`;
  }

  /** An author on GitHub; nothing for a name that cannot be a login there. */
  githubAuthor(author: string): string | undefined {
    const isLogin = /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,99})(\[bot\])?$/.test(author);
    if (!isLogin) return undefined;
    const app = /^(.*)\[bot\]$/.exec(author)?.[1];
    return `${this.#githubUrl}/${app === undefined ? author : `apps/${app}`}`;
  }

  #page(path: string, query: Query): string {
    return `${this.#base}${DASHBOARD_PATH}${path}${search(query)}`;
  }
}

function search(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    const values = value === undefined ? [] : Array.isArray(value) ? value : [String(value)];
    for (const text of values) if (text !== "") parameters.append(name, text);
  }
  const text = parameters.toString();
  return text && `?${text}`;
}
