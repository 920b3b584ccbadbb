/** The server's addresses: of the API, the dashboard, reports and badges. */
import { createHmac } from "node:crypto";
import type { CoverageRow, RepositoryName } from "./rows.ts";

export const API_PATH = "/coverages-api";
export const DASHBOARD_PATH = "/coverages-ui";
export const DOCS_PATH = `${API_PATH}/docs`;
export const LOGIN_PATH = `${API_PATH}/login`;
export const LOGOUT_PATH = `${API_PATH}/logout`;

type ReportName = Pick<
  CoverageRow,
  "org_name" | "repo_name" | "branch_name" | "language" | "report_index"
>;

/** The path of the first page of the newest report of a branch and language. */
export function reportPath(row: ReportName): string {
  return pathOf(row, "archive");
}

/** The path of the first page of an upload's own report, whether or not it is still the newest. */
export function uploadReportPath(row: ReportName & { id: number }): string {
  return pathOf(row, `${row.id}/archive`);
}

function pathOf(row: ReportName, archive: string): string {
  const [org, repo, language] = [row.org_name, row.repo_name, row.language].map(encodeURIComponent);
  const page = encodePath(row.report_index ?? "");
  const branch = encodeBranch(row.branch_name);
  return `${API_PATH}/assets/${org}/${repo}/${branch}/${language}/${archive}/${page}`;
}

const REPORT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function isReportId(text: string): boolean {
  return REPORT_ID.test(text);
}

/** The path of the first page of a report at its own address, which never changes. */
export function ownReportPath(
  { report_id, report_index }: Pick<CoverageRow, "report_id" | "report_index">,
): string {
  return `${API_PATH}/reports/${report_id}/${encodePath(report_index ?? "")}`;
}

function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

/** Tests whether an address is under `REPORTS_URL`, by its name: proxies may leave out the port. */
export function isReportsHost(reportsUrl: string | undefined): (url: URL) => boolean {
  if (reportsUrl === undefined) return () => false;
  const { hostname: name } = new URL(reportsUrl);
  return name.startsWith("*.")
    ? ({ hostname }) => hostname.endsWith(name.slice(1))
    : ({ hostname }) => hostname === name;
}

/** The origin of a report: `REPORTS_URL`, where a `*` stands for the report's id. */
export function originOfReport(reportsUrl: string, report_id: string): string {
  return reportsUrl.replace("//*.", `//${report_id}.`);
}

export function repositoryPath({ org_name, repo_name }: RepositoryName): string {
  return `${DASHBOARD_PATH}/${encodeURIComponent(org_name)}/${encodeURIComponent(repo_name)}`;
}

/** An upload's page, which stays when its branch is gone. */
export function uploadPath(row: RepositoryName & { id: number }): string {
  return `${repositoryPath(row)}/uploads/${row.id}`;
}

/** The first page of an upload's report, or that of one of its parts, in the dashboard's frame. */
export function framedReportPath(
  row: RepositoryName & { id: number; report_index: string | null; part?: string | undefined },
): string {
  const part = row.part === undefined ? "" : `/part-${row.part}`; // no part's name needs encoding
  return `${uploadPath(row)}${part}/report/${encodePath(row.report_index ?? "")}`;
}

/** What a badge is of; without a language, of the newest upload. */
export interface BranchOfLanguage extends RepositoryName {
  readonly branch_name: string;
  readonly language?: string | undefined;
}

/**
 * What opens a repository's badges, and nothing else, where reading needs a login. One for each secret;
 * the first is for new addresses.
 */
export function badgeTokens(
  secrets: readonly string[],
  { org_name, repo_name }: RepositoryName,
): string[] {
  const name = `badge ${org_name}/${repo_name}`.toLowerCase();
  return secrets.map((secret) =>
    createHmac("sha256", secret).update(name).digest("base64url").slice(0, 32)
  );
}

/** With the token that it needs where there are secrets. */
export function badgePath(branch: BranchOfLanguage, secrets: readonly string[] = []): string {
  const { org_name, repo_name, branch_name, language } = branch;
  const query = new URLSearchParams({ org_name, repo_name, branch_name });
  if (language !== undefined) query.set("language", language);
  const [token] = badgeTokens(secrets, branch);
  if (token !== undefined) query.set("token", token);
  return `${API_PATH}/badge?${query}`;
}

/**
 * A branch as one segment of a path. `_fs_` stands for a slash, because many proxies turn `%2F`
 * into one. In a branch's own name `~` sets it apart, which no branch can contain, and which no proxy
 * encodes or decodes (RFC 3986, 2.3).
 */
export function encodeBranch(branch: string): string {
  return branch.split("/")
    .map((part) => encodeURIComponent(part).replaceAll(/_fs(?=_|$)/g, "_~fs"))
    .join("_fs_");
}

/**
 * The branches that a segment, still percent-encoded, may name, each as its encoded parts; the one
 * that {@linkcode encodeBranch} made of it first, then a name as a person types it.
 */
export function branchParts(segment: string): string[][] {
  const plain = segment.replaceAll(/%7E/gi, "~");
  const parts = plain.split(/_fs_|%2F/i).map((part) => part.replaceAll("_~fs", "_fs"));
  const literal = plain.split(/%2F/i);
  return parts.join("/") === literal.join("/") ? [parts] : [parts, literal];
}
