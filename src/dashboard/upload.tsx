/**
 * `GET /coverages-ui/{org}/{repo}/uploads/{id}`: an upload, with its files.
 *
 * @module
 */
import type { Sql } from "postgres";
import { z } from "zod";
import type { Config } from "../config.ts";
import { changeOf } from "../model/percentage.ts";
import { givenFields, keyword, parseFields } from "../model/fields.ts";
import { HttpError } from "../errors.ts";
import { etagged } from "../http/etag.ts";
import type { Handler } from "../http/router.ts";
import { decodeSegment } from "../http/path_segment.ts";
import { readUpload, type UploadPage } from "../db/page_queries.ts";
import { Bar } from "./bar.tsx";
import type { FileSummary } from "./file_coverage.ts";
import type { Html } from "./html.ts";
import { Breadcrumbs, htmlHeaders, renderPage } from "./layout.tsx";
import { Links, type Query } from "./links.ts";
import { Ago, Change, linesText, Percentage } from "./numbers.tsx";
import { type FilesView, UploadFiles } from "./upload_files.tsx";
import { Author, Commit, Tag } from "./uploads_table.tsx";

const uploadFields = z.object({
  q: keyword.optional(),
  folder: z.string().max(4096, "must have at most 4096 characters").default(""),
  sort: z.enum(
    ["coverage", "missed", "change", "path"],
    "must be coverage, missed, change or path",
  ).default("coverage"),
  order: z.enum(["asc", "desc"], "must be asc or desc").optional(),
});

/** The lines of a report's files, undefined where they are not known. */
export type ReadFiles = (reportId: string) => Promise<readonly FileSummary[] | undefined>;

/** Throws 404 for an upload that is not of the repository. */
export function createUploadPageHandler(
  { sql, config, readFiles = () => Promise.resolve(undefined) }: {
    sql: Sql;
    config: Pick<Config, "publicUrl" | "githubUrl">;
    readFiles?: ReadFiles;
  },
): Handler {
  return async (request, { url, params }) => {
    const org_name = decodeSegment(params.org ?? "");
    const repo_name = decodeSegment(params.repo ?? "");
    const { q, order, ...fields } = parseFields(uploadFields, givenFields(url));
    const view: FilesView = {
      ...fields,
      q: q?.trim() || undefined,
      descending: order ? order === "desc" : fields.sort === "missed",
    };
    const id = Number(params.id);
    const page = Number.isSafeInteger(id)
      ? await readUpload(sql, { org_name, repo_name, id })
      : undefined;
    if (!page) throw new HttpError(404, `${org_name}/${repo_name} has no upload ${params.id}.`);
    const { upload, base } = page;
    const [files, baseFiles] = await Promise.all([
      readFiles(upload.report_id),
      base ? readFiles(base.report_id) : undefined,
    ]);
    const links = new Links(config, url.origin);
    const link = (query: Query) => `${links.uploadPage({ ...page, id: upload.id }, query)}#files`;
    const html = renderPage(
      links,
      { title: `${upload.branch_name} · ${page.org_name}/${page.repo_name} · Coverage` },
      <>
        <Head links={links} page={page} now={new Date()} />
        <section id="files" aria-labelledby="files-title">
          {files && files.length > 0
            ? (
              <UploadFiles
                files={files}
                base={baseFiles}
                total={upload}
                view={view}
                link={link}
              />
            )
            : <NoFiles upload={upload} />}
        </section>
      </>,
    );
    return etagged(request, html, htmlHeaders);
  };
}

function Head({ links, page, now }: { links: Links; page: UploadPage; now: Date }): Html {
  const { org_name, repo_name, main_branch, upload, base } = page;
  const row = { ...upload, org_name, repo_name };
  const isMain = upload.branch_name === main_branch;
  const note = reportNote(upload);
  return (
    <section aria-labelledby="name">
      <Breadcrumbs links={links} org={org_name} repo={repo_name} />
      <h1 id="name">
        {upload.language} on <bdi>{upload.branch_name}</bdi>
        {isMain ? <Tag>main branch</Tag> : null}
        {upload.deleted_at === null
          ? null
          : <Tag>{upload.newest ? "branch deleted" : "superseded"}</Tag>}
      </h1>
      <p>
        <a class="outside" href={links.githubBranch(row)}>branch</a> ·{" "}
        <Commit links={links} row={row} /> by{" "}
        <Author links={links} org={org_name} author={upload.commit_author} /> · uploaded{" "}
        <Ago at={upload.created_at} now={now} />
        {upload.newest ? null : (
          <>
            {" · "}
            <a href={links.uploadPage({ ...row, id: page.newest_id })}>
              newest upload of this branch
            </a>
          </>
        )}
      </p>
      <ul class="cards">
        <li>
          <div class="title">
            <span class="big">
              <Percentage value={upload.percentage} />
            </span>
            <Change
              value={base && changeOf(base.percentage, upload.percentage)}
              against="the base"
            />
          </div>
          <Bar value={upload.percentage} />
          <p class="muted">
            {linesText(upload)}
            {base === null ? null : (
              <>
                {upload.lines_valid === null ? null : " · "}vs{" "}
                <a href={links.uploadPage({ ...row, id: base.id })}>
                  <bdi>{base.branch_name}</bdi> at {base.commit_hash.slice(0, 8)}
                </a>
                {isMain ? ", the previous upload" : null}
              </>
            )}
          </p>
          {upload.report_stored
            ? (
              <a href={upload.deleted_at === null ? links.report(row) : links.uploadReport(row)}>
                HTML report
              </a>
            )
            : "The HTML report is no longer stored."}
          <div class="muted">{note}</div>
        </li>
      </ul>
    </section>
  );
}

/** Why the tool's own report may show another number. */
function reportNote({ format, language }: UploadPage["upload"]): string {
  if (format.startsWith("jacoco") && format.includes("instruction")) {
    return "The coverage file has no line numbers, so this number counts instructions.";
  }
  if (format.startsWith("jacoco")) {
    return "JaCoCo's report shows instructions first. This number counts lines.";
  }
  if (format.startsWith("go")) {
    return "This number counts statements, as go tool cover does. The files below count lines.";
  }
  if (/coverage\.?py/.test(format) || format === "cobertura" && /^python/i.test(language)) {
    return "With branch coverage on, coverage.py's report mixes lines and branches. This number counts lines only.";
  }
  return "";
}

function NoFiles({ upload }: Pick<UploadPage, "upload">): Html {
  return (
    <>
      <h2 id="files-title">Files</h2>
      <p>
        {upload.report_stored
          ? `No lines are known: the coverage file (${upload.format}) has none, or only totals.`
          : "The lines of this upload are no longer stored."}
      </p>
    </>
  );
}
