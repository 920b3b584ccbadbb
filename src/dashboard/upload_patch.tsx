import type { CoverageRow, Patch, PatchFile, PatchResult } from "../model/rows.ts";
import { percentageOf } from "../model/percentage.ts";
import type { Links } from "./links.ts";
import { count, Percentage } from "./numbers.tsx";

/** What an upload's diff left uncovered; nothing for one without a diff. */
export function UploadPatch(
  { links, row, patch, patch_reason }: PatchResult & { links: Links; row: CoverageRow },
) {
  if (!patch && patch_reason === null) return null;
  return (
    <section id="patch" aria-labelledby="patch-title">
      <h2 id="patch-title">Changed lines</h2>
      {patch ? <Changes links={links} row={row} patch={patch} /> : <p>{patch_reason}</p>}
    </section>
  );
}

function Changes({ links, row, patch }: { links: Links; row: CoverageRow; patch: Patch }) {
  const { percentage, lines_covered, lines_valid, files, omitted } = patch;
  return (
    <>
      {percentage === null ? <p>No changed line can be covered.</p> : (
        <p>
          <Percentage value={percentage} />{" "}
          <span class="muted">
            {count(lines_covered)} of {count(lines_valid)} changed lines are covered
          </span>
        </p>
      )}
      {files.length > 0
        ? (
          <ul class="files" aria-label="Changed files">
            {files.map((file) => (
              <li key={file.path}>
                <div>
                  <a class="outside" href={links.code.file(row, file.path)}>{file.path}</a>
                  <Uncovered links={links} row={row} file={file} />
                </div>
                <small class="wide">
                  {count(file.lines_covered)} of {count(file.lines_valid)} changed lines
                </small>
                <div class="figure">
                  <Percentage value={percentageOf(file.lines_covered, file.lines_valid)} />
                </div>
              </li>
            ))}
          </ul>
        )
        : null}
      {omitted.files > 0
        ? <p class="muted">And {count(omitted.files)} more changed files.</p>
        : null}
      <Names
        title="The report has no lines of these changed files:"
        paths={patch.not_measured}
        more={omitted.not_measured}
      />
      <Names
        title="These changed files may be one of several in the report, so they do not count:"
        paths={patch.ambiguous}
        more={omitted.ambiguous}
      />
    </>
  );
}

function Uncovered(
  { links, row, file }: { links: Links; row: CoverageRow; file: PatchFile },
) {
  if (file.uncovered === "") return null;
  return (
    <small class="ranges">
      Uncovered: {file.uncovered.split(",").map((range, at) => (
        <>
          {at === 0 ? "" : ", "}
          {range === "…" ? range : <a href={links.code.file(row, file.path, range)}>{range}</a>}
        </>
      ))}
    </small>
  );
}

function Names(
  { title, paths, more }: { title: string; paths: readonly string[]; more: number },
) {
  if (paths.length === 0) return null;
  return (
    <>
      <p>{title}</p>
      <ul>
        {paths.map((path) => <li key={path} class="ranges">{path}</li>)}
        {more > 0 ? <li class="muted">and {count(more)} more</li> : null}
      </ul>
    </>
  );
}
