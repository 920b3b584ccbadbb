/**
 * `GET /coverages-api/files`: the files of an upload with their lines, and their change against the
 * base.
 */
import type { Sql } from "postgres";
import { z } from "zod";
import type { Config } from "../config.ts";
import { findActive } from "../db/coverages.ts";
import { readUpload } from "../db/upload_query.ts";
import { HttpError } from "../errors.ts";
import { etaggedJson } from "../http/etag.ts";
import { dataHeaders } from "../http/headers.ts";
import type { Handler } from "../http/router.ts";
import { toAnswer } from "../model/coverage_answer.ts";
import {
  branchName,
  githubApiUrl,
  givenFields,
  language,
  orgName,
  parseFields,
  repoName,
  wholeNumber,
} from "../model/fields.ts";
import { changeOf } from "../model/percentage.ts";
import { percentageIn, type ReadFiles } from "../reports/file_lines.ts";

const filesFields = z.object({
  org_name: orgName,
  repo_name: repoName,
  id: wholeNumber(999_999_999).optional(),
  branch_name: branchName.optional(),
  language: language.optional(),
  github_api_url: githubApiUrl.optional(),
});

/** Throws 404 for an upload that does not exist. */
export function createFilesHandler(
  { sql, config: { publicUrl }, readFiles }: {
    sql: Sql;
    config: Pick<Config, "publicUrl">;
    readFiles: ReadFiles;
  },
): Handler {
  return async (request, { url }) => {
    const { org_name, repo_name, branch_name, language, id: given } = parseFields(
      filesFields,
      givenFields(url),
    );
    const repository = { org_name, repo_name };
    const id = given ?? (await findActive(sql, { ...repository, branch_name, language }))?.id;
    const found = id === undefined ? undefined : await readUpload(sql, { ...repository, id });
    if (!found) {
      const what = given === undefined
        ? `coverage of ${branch_name ?? "its main branch"}`
        : `upload ${given}`;
      throw new HttpError(404, `${org_name}/${repo_name} has no ${what}.`);
    }
    const { upload, base } = found;
    const [files, baseFiles] = await Promise.all([
      readFiles(upload),
      base ? readFiles(base) : undefined,
    ]);
    const before = new Map(baseFiles?.map((file) => [file.path, file]));
    const origin = publicUrl ?? url.origin;
    return etaggedJson(request, {
      coverage: toAnswer(upload, origin),
      base: base ? toAnswer(base, origin) : null,
      files: files?.map((file) => {
        const percentage = percentageIn(file);
        const previous = before.get(file.path);
        return {
          path: file.path,
          lines_covered: file.linesCovered,
          lines_valid: file.linesValid,
          percentage,
          uncovered: file.uncovered,
          change: percentage === null || !previous
            ? null
            : changeOf(percentageIn(previous), percentage),
        };
      }) ?? null,
    }, dataHeaders);
  };
}
