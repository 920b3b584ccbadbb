/**
 * A table of uploads: a repository's branches, its history, an author's work.
 *
 * @module
 */
import type { Content, Html } from "./html.ts";
import { changeOf } from "../model/percentage.ts";
import type { RepositoryName } from "../model/rows.ts";
import { Ago, Change, Percentage } from "./numbers.tsx";
import type { UploadLine } from "../db/page_queries.ts";
import type { Site } from "./links.ts";

/** A line of the table; `before` is what its change is counted from, whatever that is here. */
export type Line = UploadLine & RepositoryName;

/** How a table is shown. */
export interface TableOptions {
  /** Names the table. */
  readonly caption: string;
  /** What changes are against. */
  readonly against: string;
  /** Whether lines are of several repositories. */
  readonly withRepository?: boolean;
  /** Whose default branch is to be told apart. */
  readonly mainBranch?: string | null;
  /** The present. */
  readonly now: Date;
}

/** Draws the table. */
export function UploadsTable(
  { site, lines, options }: { site: Site; lines: readonly Line[]; options: TableOptions },
): Html {
  const { caption, withRepository = false } = options;
  return (
    <div class="scroll" role="region" aria-label={caption} tabIndex={0}>
      <table class="uploads">
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {withRepository ? <th scope="col">Repository</th> : null}
            <th scope="col">Branch</th>
            <th scope="col">Language</th>
            <th scope="col">Commit</th>
            {withRepository ? null : <th scope="col">Author</th>}
            <th scope="col" class="figure">Coverage</th>
            <th scope="col" class="figure">Change</th>
            <th scope="col">Report</th>
            <th scope="col">Uploaded</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => <Row key={line.id} site={site} line={line} options={options} />)}
        </tbody>
      </table>
    </div>
  );
}

function Row(
  { site, line, options }: { site: Site; line: Line; options: TableOptions },
): Html {
  const { withRepository = false, mainBranch, against, now } = options;
  return (
    <tr>
      {withRepository
        ? (
          <td>
            <a href={site.repository(line)}>{line.repo_name}</a>
          </td>
        )
        : null}
      <th scope="row" class="branch">
        <a href={site.githubBranch(line)}>
          <bdi>{line.branch_name}</bdi>
        </a>
        {line.branch_name === mainBranch ? <Tag>main branch</Tag> : null}
      </th>
      <td>{line.language}</td>
      <td>
        <a class="commit" href={site.githubCommit(line)} title={line.commit_hash}>
          {line.commit_hash.slice(0, 8)}
        </a>
      </td>
      {withRepository ? null : (
        <td class="author">
          <Author site={site} org={line.org_name} author={line.commit_author} />
        </td>
      )}
      <td class="figure">
        <Percentage value={line.percentage} />
      </td>
      <td class="figure">
        <Change value={changeOf(line.before, line.percentage)} against={against} />
      </td>
      <td>
        <ReportCell site={site} line={line} />
      </td>
      <td class="when">
        <Ago at={line.created_at} now={now} />
      </td>
    </tr>
  );
}

/** The report, where it is still there, and what became of the upload. */
function ReportCell({ site, line }: { site: Site; line: Line }): Html {
  if (line.deleted_at === null) return <a href={site.report(line)}>Report</a>;
  const state = line.newest ? "deleted" : "superseded";
  return (
    <>
      {line.report_stored ? <a href={site.uploadReport(line)}>Report</a> : null}{" "}
      <span class="muted">{state}</span>
    </>
  );
}

/** An author, linked to the page here and, where it can be a login, to GitHub's. */
export function Author(
  { site, org, author }: { site: Site; org: string; author: string },
): Html {
  const github = site.githubAuthor(author);
  // Browsers drop such segments from an address, however they are written.
  const hasPage = !/(^|\/)\.\.?(\/|$)/.test(author);
  return (
    <>
      {hasPage
        ? (
          <a href={site.author(org, author)}>
            <bdi>{author}</bdi>
          </a>
        )
        : <bdi>{author}</bdi>}
      {github ? <a class="outside" href={github} aria-label={`${author} on GitHub`}>↗</a> : null}
    </>
  );
}

/** A word about what stands before it. */
function Tag({ children }: { children: Content }): Html {
  return <small class="tag">{children}</small>;
}
