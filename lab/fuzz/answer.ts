/**
 * What the answer to an upload must be like.
 *
 * @module
 */
import { join } from "node:path";
import { walk } from "./disk.ts";
import { coverageProblems } from "./expect.ts";
import type { Random } from "./random.ts";
import type { FuzzServer } from "./server.ts";

const STATUSES = [200, 400, 408, 413, 422];
/** Longest sentence that can be: ten names of 200 control characters, each escaped twice in JSON. */
const MAX_ERROR_LENGTH = 16_000;

/** The part of an answer that is of interest. */
interface Answer {
  coverage?: Record<string, unknown>;
  error?: unknown;
}

/** What is wrong with an answer; of a 200 also with the report that it published. */
export async function answerProblems(
  server: FuzzServer,
  response: Response,
  random: Random,
): Promise<string[]> {
  const text = await response.text();
  if (!STATUSES.includes(response.status)) return [`the status is ${response.status}: ${text}`];
  let answer: Answer;
  try {
    answer = JSON.parse(text);
  } catch {
    return [`the body of the ${response.status} is no JSON: ${text.slice(0, 300)}`];
  }
  if (response.status !== 200) return errorProblems(response.status, answer, text);
  const { coverage } = answer;
  if (!coverage) return [`the 200 has no coverage: ${text.slice(0, 300)}`];
  return [
    ...coverageProblems(coverage.percentage, coverage.lines_covered, coverage.lines_valid),
    ...await reportProblems(server, coverage, random),
  ];
}

function errorProblems(status: number, { error }: Answer, text: string): string[] {
  const sentences = typeof error === "string"
    ? [error]
    : typeof error === "object" && error !== null
    ? Object.values(error)
    : [];
  if (sentences.length === 0 || !sentences.every((each) => typeof each === "string" && each)) {
    return [`the ${status} has no error that says something: ${text.slice(0, 300)}`];
  }
  if (text.length > MAX_ERROR_LENGTH) {
    return [`the ${status} has ${text.length} characters: ${text.slice(0, 300)}…`];
  }
  return [];
}

/** A report holds plain files only, and its first page and any other of them can be had. */
async function reportProblems(
  server: FuzzServer,
  coverage: Record<string, unknown>,
  random: Random,
): Promise<string[]> {
  const problems: string[] = [];
  const [row] = await server.sql<{ report_id: string }[]>`
    select report_id from coverages where id = ${coverage.id as number} and deleted_at is null`;
  if (!row) return ["the answer's coverage has no active row"];
  const folder = join(server.reports, row.report_id);
  const files = walk(folder, problems);
  const page = await get(server, new URL(String(coverage.report_url)).pathname);
  if (page.status !== 200) problems.push(`${coverage.report_url} answers ${page.status}`);
  await page.body?.cancel();
  if (files.length === 0) return [...problems, "the report has no file"];

  const path = random.pick(files);
  const names = [coverage.org_name, coverage.repo_name, coverage.branch_name, coverage.language];
  const served = await get(
    server,
    `/coverages-api/assets/${names.map((name) => encodeURIComponent(String(name))).join("/")}` +
      `/archive/${path.split("/").map(encodeURIComponent).join("/")}`,
  );
  const bytes = await served.bytes();
  const onDisk = await Deno.readFile(join(folder, path));
  if (served.status !== 200 || !equal(bytes, onDisk)) {
    problems.push(
      `${JSON.stringify(path)} of the report is served as ${served.status} with ` +
        `${bytes.byteLength} bytes; it has ${onDisk.byteLength}`,
    );
  }
  return problems;
}

/** Asks the application for a path. */
export async function get(server: FuzzServer, path: string): Promise<Response> {
  return await server.app(new Request(`http://coverage.test${path}`));
}

/** Whether two arrays hold the same. */
export function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.byteLength === other.byteLength && one.every((byte, at) => byte === other[at]);
}
