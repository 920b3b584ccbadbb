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
  ownReportPath,
  type ReportName,
  reportPath,
  repositoryPath,
  uploadPath,
  uploadReportPath,
} from "../model/urls.ts";
import { githubFile } from "../model/code_links.ts";
import type { CoverageRow, RepositoryName } from "../model/rows.ts";

/** Query parameters; undefined and empty ones are left out. */
export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

export class Links {
  readonly #base: string;
  readonly #origin: string;
  readonly #githubUrl: string;

  /**
   * `publicUrl` may have a path, below which a proxy serves this server. Without it, absolute
   * addresses begin with `origin`, that of the request.
   */
  constructor(
    { publicUrl, githubUrl }: { publicUrl: string | undefined; githubUrl: string },
    origin: string,
  ) {
    this.#base = publicUrl ? new URL(publicUrl).pathname.replace(/\/$/, "") : "";
    this.#origin = publicUrl ?? origin;
    this.#githubUrl = githubUrl;
  }

  home(query: Query = {}): string {
    return this.#page("", query);
  }

  repository(name: RepositoryName, query: Query = {}): string {
    return `${this.#base}${repositoryPath(name)}${search(query)}`;
  }

  author(org: string, author: string, query: Query = {}): string {
    return this.#page(`/${encodeURIComponent(org)}/user/${encodeURIComponent(author)}`, query);
  }

  asset(name: string): string {
    return this.#page(`/${name}`, {});
  }

  docs(file = ""): string {
    return `${this.#base}${DOCS_PATH}${file}`;
  }

  api(path: string): string {
    return `${this.#base}${API_PATH}${path}`;
  }

  /** The first page of a branch's newest report. */
  report(row: ReportName): string {
    return `${this.#base}${reportPath(row)}`;
  }

  /** The first page of a report at its own address. */
  ownReport(report: Pick<CoverageRow, "report_id" | "report_index">): string {
    return `${this.#base}${ownReportPath(report)}`;
  }

  /** The first page of an upload's own report. */
  uploadReport(row: ReportName & { id: number }): string {
    return `${this.#base}${uploadReportPath(row)}`;
  }

  /** Absolute, for other sites to show. */
  badge(branch: BranchOfLanguage): string {
    return `${this.#origin}${badgePath(branch)}`;
  }

  badgeImage(branch: BranchOfLanguage): string {
    return `${this.#base}${badgePath(branch)}`;
  }

  /** A repository's page, absolute, for other sites to link to. */
  absolute(name: RepositoryName): string {
    return new URL(this.repository(name), this.#origin).href;
  }

  /** An upload's page. */
  uploadPage(row: RepositoryName & { id: number }, query: Query = {}): string {
    return `${this.#base}${uploadPath(row)}${search(query)}`;
  }

  /** Where uploads are sent to, absolute. */
  uploadTarget(): string {
    return `${this.#origin}${API_PATH}`;
  }

  githubRepository({ org_name, repo_name }: RepositoryName): string {
    return `${this.#githubUrl}/${org_name}/${repo_name}`;
  }

  githubBranch(row: RepositoryName & Pick<CoverageRow, "branch_name">): string {
    const branch = row.branch_name.split("/").map(encodeURIComponent).join("/");
    return `${this.githubRepository(row)}/tree/${branch}`;
  }

  githubCommit(row: RepositoryName & Pick<CoverageRow, "commit_hash">): string {
    return `${this.githubRepository(row)}/commit/${encodeURIComponent(row.commit_hash)}`;
  }

  /** A file as it is at the commit, and lines of it: "40" or "12-18". */
  githubFile(
    row: RepositoryName & Pick<CoverageRow, "commit_hash">,
    path: string,
    lines?: string,
  ): string {
    return githubFile(this.#githubUrl, row, path, lines);
  }

  /** Undefined for a name that cannot be a login on GitHub. */
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
