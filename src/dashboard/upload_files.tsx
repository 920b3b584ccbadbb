import {
  changeIn,
  commonFolder,
  compareWithBase,
  type FileCoverage,
  type FileSort,
  type FolderCoverage,
  foldersIn,
  rootOf,
  sortCoverage,
  sumOf,
} from "./file_coverage.ts";
import { type FileSummary, percentageIn } from "../reports/file_lines.ts";
import type { ComponentChildren } from "preact";
import type { Query } from "./links.ts";
import { Change, count, linesText, Percentage } from "./numbers.tsx";
import { SearchForm, Sorting, type SortOption, sortQuery } from "./list_controls.tsx";
import { Tag } from "./uploads_table.tsx";

/** What the address asks for. */
export interface FilesView {
  /** Substring of paths, case-insensitive. */
  readonly q: string | undefined;
  /** "" or a path with a slash at the end. */
  readonly folder: string;
  readonly sort: FileSort;
  readonly descending: boolean;
}

export const SORTS: readonly SortOption<FileSort>[] = [
  { key: "coverage", name: "Coverage", descends: false },
  { key: "missed", name: "Uncovered lines", descends: true },
  { key: "change", name: "Change", descends: false },
  { key: "path", name: "Path", descends: false },
];

/** Characters of a file's ranges that are shown at once. */
const RANGES_SHOWN = 120;

/** The folders and files of an upload, the ones with the least coverage first. */
export function UploadFiles({ files, base, total, view, link }: {
  files: readonly FileSummary[];
  /** Undefined: there is nothing to compare with. */
  base: readonly FileSummary[] | undefined;
  /** Of the upload, as its coverage file has it. */
  total: { lines_covered: number | null; lines_valid: number | null };
  view: FilesView;
  link: (query: Query) => string;
}) {
  const linkTo = (changes: Partial<FilesView>) => link(queryOf({ ...view, ...changes }));
  const keyword = view.q?.toLowerCase();
  const matches = ({ path }: FileSummary) =>
    path.startsWith(view.folder) && (!keyword || path.toLowerCase().includes(keyword));
  const shown = files.filter(matches);
  const root = rootOf(files);
  const start = view.folder || root;
  const baseShown = base?.filter(matches) ?? [];
  const folders = foldersIn(commonFolder(shown), shown, baseShown);
  const sum = sumOf(files);
  const differs = total.lines_valid !== null &&
    (sum.linesValid !== total.lines_valid || sum.linesCovered !== total.lines_covered);
  const row = (item: FileCoverage | FolderCoverage, children: ComponentChildren) => (
    <Row key={item.path} item={item} isNew={base !== undefined && !item.before}>{children}</Row>
  );
  return (
    <>
      <div class="title">
        <h2 id="files-title">Files</h2>
        <SearchForm
          action={link({})}
          keeps={queryOf({ ...view, q: undefined })}
          q={view.q}
          placeholder="Filter by path"
          label="Filter files by path"
          replaces="#files-results"
          button="Filter"
        />
      </div>
      {differs
        ? (
          <p class="muted">
            The lines of these files add up to {linesText({
              lines_covered: sum.linesCovered,
              lines_valid: sum.linesValid,
            })}. The number above is the coverage tool's own total.
          </p>
        )
        : null}
      <p class="muted" role="status">{statusOf(shown, start, view.q)}</p>
      <div id="files-results">
        {view.folder === ""
          ? null
          : <FolderPath root={root} folder={view.folder} linkTo={linkTo} />}
        <Sorting
          options={SORTS.filter(({ key }) => key !== "change" || base !== undefined)}
          current={view.sort}
          descending={view.descending}
          link={(sort, descending) => linkTo({ sort, descending })}
        />
        {folders.length > 0
          ? (
            <ul class="files" aria-label="Folders">
              {sortCoverage(folders, view.sort, view.descending).map((folder) =>
                row(
                  folder,
                  <>
                    <a href={linkTo({ folder: folder.path })}>
                      {folder.path.slice(start.length)}
                    </a>
                    <small>{folder.files === 1 ? "1 file" : `${count(folder.files)} files`}</small>
                  </>,
                )
              )}
            </ul>
          )
          : null}
        {groupsOf(sortCoverage(compareWithBase(shown, baseShown), view.sort, view.descending))
          .map((group, index) => (
            <ul
              class="files"
              aria-label={index === 0 ? "Files" : `Files, continued (${index + 1})`}
            >
              {group.map((file) =>
                row(
                  file,
                  <>
                    {file.path.slice(start.length)}
                    <Ranges text={file.uncovered} />
                  </>,
                )
              )}
            </ul>
          ))}
      </div>
    </>
  );
}

/**
 * Lists of fifty: a browser lays out only the ones on screen, and is slower with five thousand
 * rows that it decides about one by one (5,000 files in Chromium: 0.85 against 0.55 s).
 */
function groupsOf<Item>(items: readonly Item[]): Item[][] {
  return Array.from(
    { length: Math.ceil(items.length / 50) },
    (_, index) => items.slice(index * 50, (index + 1) * 50),
  );
}

function queryOf({ q, folder, ...order }: FilesView): Query {
  return { folder, q, ...sortQuery(SORTS, order) };
}

function statusOf(shown: readonly FileSummary[], folder: string, q: string | undefined): string {
  const place = folder === "" ? "" : ` in ${folder}`;
  const matching = q === undefined ? "" : ` match “${q}”`;
  if (shown.length === 0) return `No files${place}${matching}.`;
  if (shown.length === 1) return `1 file${place}${q === undefined ? "" : ` matches “${q}”`}.`;
  return `${count(shown.length)} files${place}${matching}.`;
}

function FolderPath(
  { root, folder, linkTo }: {
    root: string;
    folder: string;
    linkTo: (changes: Partial<FilesView>) => string;
  },
) {
  const above = folder.startsWith(root) ? root : "";
  const names = folder.slice(above.length).split("/").slice(0, -1);
  return (
    <nav class="muted" aria-label="Folders">
      <a href={linkTo({ folder: "" })}>All files</a>
      {names.map((name, index) => {
        const path = `${above}${names.slice(0, index + 1).join("/")}/`;
        return (
          <>
            {" / "}
            {path === folder ? name : <a href={linkTo({ folder: path })}>{name}</a>}
          </>
        );
      })}
    </nav>
  );
}

function Row(
  { item, isNew, children }: {
    item: FileCoverage | FolderCoverage;
    isNew: boolean;
    children: ComponentChildren;
  },
) {
  const percentage = percentageIn(item);
  return (
    <li>
      <div>{children}</div>
      <small class="wide">{count(item.linesCovered)} of {count(item.linesValid)} lines</small>
      <div class="figure">
        {percentage === null ? <small>no lines</small> : <Percentage value={percentage} />}
        {isNew
          ? <Tag>new</Tag>
          : percentage !== null && <Change value={changeIn(item)} against="the base" />}
      </div>
    </li>
  );
}

/** The uncovered lines of a file: the first ranges, and all of them on demand. */
function Ranges({ text }: { text: string }) {
  if (text === "") return null;
  const ranges = text.replaceAll(",", ", ");
  if (ranges.length <= RANGES_SHOWN) return <small class="ranges">Uncovered: {ranges}</small>;
  const end = ranges.lastIndexOf(",", RANGES_SHOWN);
  const more = ranges.slice(end).split(",").length - 1;
  return (
    <details>
      <summary class="ranges">
        Uncovered: {ranges.slice(0, end)} and {count(more)} more
      </summary>
      <small class="ranges">{ranges.slice(end + 2)}</small>
    </details>
  );
}
