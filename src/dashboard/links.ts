/** The addresses of the dashboard's pages and of what they link to. */
import {
  API_PATH,
  badgePath,
  type BranchOfLanguage,
  DASHBOARD_PATH,
  framedReportPath,
  repositoryPath,
  uploadPath,
} from "../model/urls.ts";
import type { Config } from "../config.ts";
import { CodeHost } from "../model/code_host.ts";
import type { RepositoryName } from "../model/rows.ts";

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

  /** A path of this server. */
  to(path: string, query: Query = {}): string {
    return `${this.#base}${path}${search(query)}`;
  }

  home(query?: Query): string {
    return this.to(DASHBOARD_PATH, query);
  }

  repository(name: RepositoryName, query?: Query): string {
    return this.to(repositoryPath(name), query);
  }

  uploadPage(row: RepositoryName & { id: number }, query?: Query): string {
    return this.to(uploadPath(row), query);
  }

  author(org: string, author: string, query?: Query): string {
    const path = `${encodeURIComponent(org)}/user/${encodeURIComponent(author)}`;
    return this.to(`${DASHBOARD_PATH}/${path}`, query);
  }

  asset(name: string): string {
    return this.to(`${DASHBOARD_PATH}/${name}`);
  }

  /** The first page of a report of an upload, below a bar that says whose it is. */
  report(row: Parameters<typeof framedReportPath>[0]): string {
    return this.to(framedReportPath(row));
  }

  badgeImage(branch: BranchOfLanguage): string {
    return this.to(badgePath(branch, this.#secrets));
  }

  /** Absolute, for other sites to show. */
  badge(branch: BranchOfLanguage): string {
    return `${this.#origin}${badgePath(branch, this.#secrets)}`;
  }

  /** A repository's page, absolute, for other sites to link to. */
  absolute(name: RepositoryName): string {
    return new URL(this.repository(name), this.#origin).href;
  }

  /** Where uploads are sent to, absolute. */
  uploadTarget(): string {
    return `${this.#origin}${API_PATH}`;
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
