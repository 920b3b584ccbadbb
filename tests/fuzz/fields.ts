/**
 * The fields of the fuzzer's uploads.
 *
 * @module
 */

/** Every field that does not differ from upload to upload. */
const FIELDS: Record<string, string> = {
  org_name: "acme",
  repo_name: "shop",
  branch_name: "main",
  commit_hash: "0123456789abcdef",
  commit_author: "ada",
  language: "go",
  coverage_xml_file_name: "coverage.xml",
};

/** All fields, those that are given in place of the others. */
export function allFields(given: Record<string, string>): Record<string, string> {
  return { ...FIELDS, ...given };
}

/** The path of an upload with all its fields in the query. */
export function uploadPath(given: Record<string, string>): string {
  return `/coverages-api?${new URLSearchParams(allFields(given))}`;
}
