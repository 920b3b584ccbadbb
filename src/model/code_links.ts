import type { CoverageRow, RepositoryName } from "./rows.ts";

/** A file as it is at the commit, and lines of it: "40" or "12-18". */
export function githubFile(
  githubUrl: string,
  { org_name, repo_name, commit_hash }: RepositoryName & Pick<CoverageRow, "commit_hash">,
  path: string,
  lines?: string,
): string {
  const commit = encodeURIComponent(commit_hash);
  const file = path.split("/").map(encodeURIComponent).join("/");
  const fragment = lines === undefined ? "" : `#L${lines.replace("-", "-L")}`;
  return `${githubUrl}/${org_name}/${repo_name}/blob/${commit}/${file}${fragment}`;
}
