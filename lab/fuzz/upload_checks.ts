/** What must hold of every answer to an upload, and of the disk after it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { TestApp } from "../../tests/support/app.ts";
import { storedReports, tree } from "../../tests/support/reports.ts";
import { escaped } from "./names.ts";
import { assertTotal } from "./target.ts";

/** Longest sentence that can be: ten names of 200 control characters, each escaped twice in JSON. */
const MAX_ERROR_LENGTH = 16_000;

/** The status, once the answer, the report that it published and the log are as they must be. */
export async function checked(test: TestApp, response: Response, pick: number): Promise<string> {
  const text = await response.text();
  const shown = `${response.status}: ${text.slice(0, 300)}`;
  assert([200, 400, 408, 413, 422].includes(response.status), shown);
  const { coverage, error } = JSON.parse(text);
  if (response.status !== 200) {
    const sentences = typeof error === "string" ? [error] : Object.values(error);
    assert(sentences.length > 0 && sentences.every((one) => typeof one === "string" && one), shown);
    assert(text.length <= MAX_ERROR_LENGTH, shown);
  } else {
    assertTotal(coverage.percentage, coverage.lines_covered, coverage.lines_valid);
    await assertReport(test, coverage, pick);
  }
  const bad = test.log.splice(0).filter(({ level, message }) =>
    level === "error" || message.includes("could not be removed")
  );
  assert.deepEqual(bad, [], "the log");
  return String(response.status);
}

/** A report holds plain files only, and its first page and any other of them can be had. */
async function assertReport(test: TestApp, coverage: Record<string, string>, pick: number) {
  const [row] = await test.sql<{ report_id: string }[]>`
    select report_id from coverages where id = ${coverage.id!} and deleted_at is null`;
  assert(row, "the answer's coverage has no active row");
  const folder = join(test.reports, row.report_id);
  const paths = (await tree(folder)).filter((path) => !path.endsWith("/"));
  for (const path of paths) {
    const { isFile, nlink, mode } = await Deno.lstat(join(folder, path));
    assert(isFile && (nlink ?? 1) === 1 && !((mode ?? 0) & 0o7133), `${path} is no plain file`);
  }
  const page = await test.open(new URL(coverage.report_url!).pathname);
  assert.equal(page.status, 200, `${coverage.report_url}`);
  await page.body?.cancel();
  const path = paths[pick % paths.length]!;
  const { org_name, repo_name, branch_name, language } = coverage;
  const address = [org_name!, repo_name!, branch_name!, language!, "archive", ...path.split("/")]
    .map(encodeURIComponent).join("/");
  const served = await test.open(`/coverages-api/assets/${address}`);
  const expected = await Deno.readFile(join(folder, path));
  assert.deepEqual([served.status, await served.bytes()], [200, expected], path);
}

/** Nothing outside of the reports, nothing left in staging, nothing without a row. */
export async function assertDisk(test: TestApp): Promise<void> {
  const disk = join(test.reports, "../..");
  assert.deepEqual(escaped(), []);
  const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name);
  assert.equal(names(disk).length, 2, `${names(disk)}`);
  assert.deepEqual(names(join(test.reports, "..")), ["reports"]);
  assert.equal(await Deno.readTextFile(join(disk, "canary")), "untouched");
  const rows = await test.sql<{ report_id: string }[]>`
    select report_id from coverages where deleted_at is null order by report_id`;
  const { published } = await storedReports(test.reports);
  assert.deepEqual(published.sort(), rows.map(({ report_id }) => report_id));
  const staging = await tree(join(test.reports, ".staging"));
  assert.equal(staging.length, 2, `more in staging than a folder and its lock: ${staging}`);
}
