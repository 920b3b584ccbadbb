/** What opens a repository's badges, and nothing else, where reading needs a login. */
import { createHmac } from "node:crypto";
import type { RepositoryName } from "./rows.ts";

/** One for each secret; the first is for new addresses. */
export function badgeTokens(
  secrets: readonly string[],
  { org_name, repo_name }: RepositoryName,
): string[] {
  const name = `badge ${org_name}/${repo_name}`.toLowerCase();
  return secrets.map((secret) =>
    createHmac("sha256", secret).update(name).digest("base64url").slice(0, 32)
  );
}
