import type { ComponentChildren } from "preact";
import { changeOf, percent } from "../model/percentage.ts";
import type { RepositoryName } from "../model/rows.ts";
import { Ago, Bar, Change, Percentage } from "./numbers.tsx";
import type { UploadLine } from "../db/page_queries.ts";
import type { Links } from "./links.ts";

/** `before` is what the change is counted from. */
export type Upload = UploadLine & RepositoryName;

interface TableOptions {
  readonly caption: string;
  /** What changes are against; null: there is nothing to compare with. */
  readonly against: string | null;
  /** Whether uploads are of several repositories. */
  readonly withRepository?: boolean;
  /** The branch that gets a tag. */
  readonly mainBranch?: string | null;
  readonly now: Date;
}

export function UploadsTable(
  { links, uploads, options }: {
    links: Links;
    uploads: readonly Upload[];
    options: TableOptions;
  },
) {
  const { caption, against, withRepository = false } = options;
  return (
    <table class="uploads" aria-label={caption}>
      <thead>
        <tr>
          <th scope="col">{withRepository ? "Repository and branch" : "Branch"}</th>
          <td class="wide"></td>
          <th scope="col" class="figure">
            Coverage {against === null ? null : <small>vs {against}</small>}
          </th>
        </tr>
      </thead>
      <tbody>
        {uploads.map((row) => <Row key={row.id} links={links} row={row} options={options} />)}
      </tbody>
    </table>
  );
}

function Row({ links, row, options }: { links: Links; row: Upload; options: TableOptions }) {
  const { withRepository = false, mainBranch, against, now } = options;
  return (
    <tr>
      <th scope="row">
        {withRepository
          ? (
            <>
              <a href={links.repository(row)}>{row.repo_name}</a> /{" "}
            </>
          )
          : null}
        <a href={links.uploadPage(row)}>
          <bdi>{row.branch_name}</bdi>
        </a>
        <Outside href={links.code.branch(row)} label={`${row.branch_name} on ${links.code.name}`} />
        {row.branch_name === mainBranch ? <Tag>main branch</Tag> : null}
        {row.deleted_at === null ? null : <Tag>{row.newest ? "deleted" : "superseded"}</Tag>}
        <small>
          {row.language} · <Commit links={links} row={row} />
          {withRepository ? null : (
            <>
              {" · "}
              <Author links={links} org={row.org_name} author={row.commit_author} />
            </>
          )} · <Ago at={row.created_at} now={now} />
          {row.patch_percentage === null
            ? null
            : ` · ${percent(row.patch_percentage)} of changed lines`}
          <ReportLink links={links} row={row} />
        </small>
      </th>
      <td class="wide">
        <Bar value={row.percentage} />
      </td>
      <td class="figure">
        <Percentage value={row.percentage} />{" "}
        <Change value={changeOf(row.before, row.percentage)} against={against ?? ""} />
      </td>
    </tr>
  );
}

function ReportLink({ links, row }: { links: Links; row: Upload }) {
  if (!row.report_stored) return null;
  return (
    <>
      {" · "}
      <a href={links.report(row)}>Report</a>
    </>
  );
}

export function Commit(
  { links, row }: { links: Links; row: RepositoryName & Pick<Upload, "commit_hash"> },
) {
  return (
    <a class="commit outside" href={links.code.commit(row)} title={row.commit_hash}>
      {row.commit_hash.slice(0, 8)}
    </a>
  );
}

/** Links to the author's page and, where the name can be a login, to the code host. */
export function Author(
  { links, org, author }: { links: Links; org: string; author: string },
) {
  const outside = links.code.author(author);
  // Browsers drop these segments from an address, however they are written.
  const hasPage = !/(^|\/)\.\.?(\/|$)/.test(author);
  return (
    <>
      {hasPage
        ? (
          <a href={links.author(org, author)}>
            <bdi>{author}</bdi>
          </a>
        )
        : <bdi>{author}</bdi>}
      {outside ? <Outside href={outside} label={`${author} on ${links.code.name}`} /> : null}
    </>
  );
}

/** A small mark that leads to the code host. */
function Outside({ href, label }: { href: string; label: string }) {
  return <a class="outside" href={href} aria-label={label}></a>;
}

export function Tag({ children }: { children: ComponentChildren }) {
  return <span class="tag">{children}</span>;
}
