/** The addresses of the dashboard's pages and of what they link to. */
import {
  API_PATH,
  badgePath,
  type BranchOfLanguage,
  DASHBOARD_PATH,
  DOCS_PATH,
  framedReportPath,
  LOGIN_PATH,
  LOGOUT_PATH,
  ownReportPath,
  repositoryPath,
  uploadPath,
} from "../model/urls.ts";
import type { Config } from "../config.ts";
import { CodeHost } from "../model/code_host.ts";
import type { CoverageRow, RepositoryName } from "../model/rows.ts";

/** Query parameters; undefined and empty ones are left out. */
export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

export type LinkSettings = Pick<Config, "publicUrl" | "codeHost" | "login">;

export class Links {
  readonly #base: string;
  readonly #origin: string;
  readonly #secrets: readonly string[];
  /** Repositories, commits, lines and authors, where the code is. */
  readonly code: CodeHost;

  /**
   * `publicUrl` may have a path, below which a proxy serves this server. Without it, absolute
   * addresses begin with `origin`, that of the request.
   */
  constructor(
    { publicUrl, codeHost, login }: LinkSettings,
    origin: string,
  ) {
    this.#base = publicUrl ? new URL(publicUrl).pathname.replace(/\/$/, "") : "";
    this.#origin = publicUrl ?? origin;
    this.#secrets = login?.secrets ?? [];
    this.code = new CodeHost(codeHost);
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

  /** Where people sign in, and are then led on to a path of this server. */
  login(to?: string): string {
    return `${this.#base}${LOGIN_PATH}${search({ to })}`;
  }

  logout(): string {
    return `${this.#base}${LOGOUT_PATH}`;
  }

  /** The first page of a report of an upload, below a bar that says whose it is. */
  report(row: Parameters<typeof framedReportPath>[0]): string {
    return `${this.#base}${framedReportPath(row)}`;
  }

  ownReport(report: Pick<CoverageRow, "report_id" | "report_index">): string {
    return `${this.#base}${ownReportPath(report)}`;
  }

  /** Absolute, for other sites to show. */
  badge(branch: BranchOfLanguage): string {
    return `${this.#origin}${badgePath(branch, this.#secrets)}`;
  }

  badgeImage(branch: BranchOfLanguage): string {
    return `${this.#base}${badgePath(branch, this.#secrets)}`;
  }

  /** A repository's page, absolute, for other sites to link to. */
  absolute(name: RepositoryName): string {
    return new URL(this.repository(name), this.#origin).href;
  }

  uploadPage(row: RepositoryName & { id: number }, query: Query = {}): string {
    return `${this.#base}${uploadPath(row)}${search(query)}`;
  }

  /** Where uploads are sent to, absolute. */
  uploadTarget(): string {
    return `${this.#origin}${API_PATH}`;
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
