// The fields of an upload.

export const FIELDS: Record<string, string> = {
  org_name: "acme",
  repo_name: "shop",
  branch_name: "main",
  commit_hash: "0123456789abcdef",
  commit_author: "ada",
  language: "go",
  coverage_xml_file_name: "coverage.xml",
  github_api_url: "https://api.github.com",
};

/** The path of an upload; a field that is `undefined` is left out. */
export function uploadPath(fields: Record<string, string | undefined> = {}): string {
  const given = Object.entries({ ...FIELDS, ...fields })
    .filter((field): field is [string, string] => field[1] !== undefined);
  return `/coverages-api?${new URLSearchParams(given)}`;
}
