/**
 * Sends reports to a server.
 *
 * @module
 */
import { run } from "./report.ts";

/** A report and the branch that it is of. */
export interface Sending {
  /** The archive's path. */
  readonly archive: string;
  /** The branch. */
  readonly branch: string;
  /** The coverage file's base name. */
  readonly coverageFile: string;
}

/** The repository that all reports are sent to. */
export const repository = { org_name: "bench-org", repo_name: "repository-1" } as const;

/** The language that all reports are sent with. */
export const language = "java";

/** Where an upload of that branch is sent to. */
export function uploadUrl(address: string, sending: Omit<Sending, "archive">): URL {
  const url = new URL("/coverages-api", address);
  url.search = new URLSearchParams({
    ...repository,
    branch_name: sending.branch,
    commit_hash: "0123456789abcdef0123456789abcdef01234567",
    commit_author: "bench",
    language,
    coverage_xml_file_name: sending.coverageFile,
  }).toString();
  return url;
}

/**
 * Sends a report with `curl`, as the body or as a form; returns the seconds that the command took,
 * from its start to its end. Throws when the answer is not 200.
 */
export async function sendByCurl(
  address: string,
  sending: Sending & { as: "body" | "form" },
): Promise<number> {
  const body = sending.as === "form"
    ? ["--form", `file=@${sending.archive}`]
    : ["-H", "Content-Type: application/gzip", "--data-binary", `@${sending.archive}`];
  const url = uploadUrl(address, sending).href;
  const startedAt = performance.now();
  const answer = await run("curl", [
    "-sS",
    "--max-time",
    "120",
    "-w",
    "\n%{http_code}",
    ...body,
    url,
  ]);
  const seconds = (performance.now() - startedAt) / 1000;
  if (!answer.endsWith("\n200")) throw new Error(`the upload was answered:\n${answer}`);
  return seconds;
}
