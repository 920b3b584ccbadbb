/** `GET /coverages-ui/{org}/{repo}/uploads/{id}`: an upload, with its files. */
import type { Sql } from "postgres";
import { z } from "zod";
import { changeOf } from "../model/percentage.ts";
import { givenFields, keyword, parseFields } from "../model/fields.ts";
import { HttpError } from "../errors.ts";
import { etagged } from "../http/etag.ts";
import { type Handler, repositoryIn } from "../http/router.ts";
import { type FoundUpload, readUpload } from "../db/upload_query.ts";
import type { ReadFiles } from "../reports/file_lines.ts";
import { Breadcrumbs, htmlHeaders, renderPage } from "./layout.tsx";
import { Links, type LinkSettings, type Query } from "./links.ts";
import { isDescending, orderField } from "./list_controls.tsx";
import { Ago, Bar, Change, linesText, Percentage } from "./numbers.tsx";
import { type FilesView, SORTS, UploadFiles } from "./upload_files.tsx";
import { UploadPatch } from "./upload_patch.tsx";
import { Author, Commit, Tag } from "./uploads_table.tsx";

const uploadFields = z.object({
  q: keyword.optional(),
  folder: z.string().max(4096, "must have at most 4096 characters").default(""),
  sort: z.enum(
    ["coverage", "missed", "change", "path"],
    "must be coverage, missed, change or path",
  ).default("coverage"),
  order: orderField,
});

/** Throws 404 for an upload that is not of the repository. */
export function createUploadPageHandler(
  { sql, config, readFiles }: {
    sql: Sql;
    config: LinkSettings;
    readFiles: ReadFiles;
  },
): Handler {
  return async (request, { url, params, reader }) => {
    const name = repositoryIn(params);
    const { q, order, ...fields } = parseFields(uploadFields, givenFields(url));
    const view: FilesView = {
      ...fields,
      q: q?.trim() || undefined,
      descending: isDescending(SORTS, { ...fields, order }),
    };
    const id = Number(params.id);
    const page = Number.isSafeInteger(id) ? await readUpload(sql, { ...name, id }) : undefined;
    if (!page) {
      throw new HttpError(404, `${name.org_name}/${name.repo_name} has no upload ${params.id}.`);
    }
    const { upload, base } = page;
    const [files, baseFiles] = await Promise.all([
      readFiles(upload),
      base ? readFiles(base) : undefined,
    ]);
    const links = new Links(config, url.origin);
    const link = (query: Query) => `${links.uploadPage(upload, query)}#files`;
    const html = renderPage(
      links,
      {
        title: `${upload.branch_name} · ${upload.org_name}/${upload.repo_name} · Coverage`,
        person: reader?.person,
      },
      <>
        <Head links={links} page={page} now={new Date()} />
        <UploadPatch
          links={links}
          row={upload}
          patch={page.patch}
          patch_reason={page.patch_reason}
        />
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

function Head({ links, page, now }: { links: Links; page: FoundUpload; now: Date }) {
  const { main_branch, upload: row, base, base_reason, newest, newest_id } = page;
  const { parts } = row;
  const { org_name, repo_name } = row;
  const isMain = row.branch_name === main_branch;
  const note = reportNote(row);
  return (
    <section aria-labelledby="name">
      <Breadcrumbs links={links} org={org_name} repo={repo_name} />
      <h1 id="name">
        {row.language} on <bdi>{row.branch_name}</bdi>
        {isMain ? <Tag>main branch</Tag> : null}
        {row.deleted_at === null ? null : <Tag>{newest ? "branch deleted" : "superseded"}</Tag>}
      </h1>
      <p>
        <a class="outside" href={links.code.branch(row)}>branch</a> ·{" "}
        <Commit links={links} row={row} /> by{" "}
        <Author links={links} org={org_name} author={row.commit_author} /> · uploaded{" "}
        <Ago at={row.created_at} now={now} />
        {newest ? null : (
          <>
            {" · "}
            <a href={links.uploadPage({ ...row, id: newest_id })}>
              newest upload of this branch
            </a>
          </>
        )}
      </p>
      <ul class="cards">
        <li>
          <div class="title">
            <span class="big">
              <Percentage value={row.percentage} />
            </span>
            <Change
              value={changeOf(base?.percentage, row.percentage)}
              against="the base"
            />
          </div>
          <Bar value={row.percentage} />
          <p class="muted">
            {linesText(row)}
            {base === undefined ? null : (
              <>
                {row.lines_valid === null ? null : " · "}vs{" "}
                <a href={links.uploadPage({ ...row, id: base.id })} title={base_reason}>
                  <bdi>{base.branch_name}</bdi> at {base.commit_hash.slice(0, 8)}
                </a>
                {base.branch_name === row.branch_name ? ", the previous upload" : null}
              </>
            )}
          </p>
          {!row.report_stored
            ? "The HTML report is no longer stored."
            : parts.length > 0
            ? null
            : <a href={links.report(row)}>HTML report</a>}
          <Parts links={links} upload={row} />
          <div class="muted">{note}</div>
        </li>
      </ul>
    </section>
  );
}

function Parts(
  { links, upload }: { links: Links; upload: FoundUpload["upload"] },
) {
  const { parts } = upload;
  if (parts.length === 0) return null;
  return (
    <>
      <p>
        United from{" "}
        {parts.length === 1 ? "one part, with its" : `${parts.length} parts, with their`} HTML{" "}
        {parts.length === 1 ? "report" : "reports"}:
      </p>
      <ul class="parts">
        {parts.map((part) => (
          <li key={part.part}>
            <a href={links.report({ ...upload, ...part })}>
              <bdi>{part.part}</bdi>
            </a>{" "}
            <Percentage value={part.percentage} />
          </li>
        ))}
      </ul>
    </>
  );
}

/** Why the tool's own report may show another number. */
function reportNote({ format, language }: FoundUpload["upload"]): string {
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

function NoFiles({ upload }: Pick<FoundUpload, "upload">) {
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
