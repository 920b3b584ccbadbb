/** The comment of a pull request, in GitHub's Markdown: one for all languages. */
import { counted } from "../errors.ts";
import type { CodeHost } from "../model/code_host.ts";
import type { CoverageRow, Patch, PatchFile, PatchResult } from "../model/rows.ts";
import { changeOf, percent, percentageOf, signed } from "../model/percentage.ts";
import { uploadPath } from "../model/urls.ts";

/** A comment begins with it, and is found again by it; no other tool may write the same. */
const MARKER = "<!-- coverage-server -->";
/** GitHub takes 65,536; `ui_host` of the Action may make links longer. */
const MAX_CHARACTERS = 60_000;
const MAX_FILES = 20;
/** Of a file. */
const MAX_RANGES = 6;
const MAX_INDIRECT = 10;
const MAX_UNKNOWN = 10;

/** A file whose coverage changed although the diff does not touch it. */
export interface IndirectChange {
  readonly path: string;
  readonly before: number;
  readonly after: number;
  /** Percentage points; never 0. */
  readonly change: number;
}

/** The head's coverage in one language. */
export interface CommentLanguage extends PatchResult {
  readonly head: CoverageRow;
  readonly base: CoverageRow | undefined;
  readonly base_reason: string;
  /** Undefined where that is not known. */
  readonly indirect: readonly IndirectChange[] | undefined;
}

interface CommentOptions {
  /** What links to this server begin with. */
  readonly origin: string;
  readonly host: CodeHost;
}

/** `newest` is the head's newest upload. */
export function commentOf(
  newest: CoverageRow,
  languages: readonly CommentLanguage[],
  options: CommentOptions,
): string {
  const page = (row: CoverageRow) => `${options.origin}${uploadPath(row)}`;
  const lines = [
    MARKER,
    "### Coverage",
    "",
    "| Language | Coverage | Change | Changed lines |",
    "| :-- | --: | --: | --: |",
    ...languages.map((language) => tableRow(language, newest, page)),
    "",
    `${code(newest.branch_name)} at ${code(newest.commit_hash.slice(0, 8))}`,
    "",
  ];
  let length = lines.join("\n").length;
  for (const language of languages) {
    const open = `<details>\n<summary>${summaryOf(language)}</summary>\n`;
    const section = [open];
    let sectionLength = open.length;
    for (const line of detailsOf(language, options, page(language.head))) {
      if (length + sectionLength + line.length > MAX_CHARACTERS) {
        // A section without a line would open to nothing.
        const isEmpty = section.length === 1;
        const cut = `The rest is too long for a comment: see ${
          link("the upload", page(language.head))
        }.`;
        return [...lines, ...(isEmpty ? [] : [...section, "", "</details>", ""]), cut, ""].join(
          "\n",
        );
      }
      section.push(line);
      sectionLength += line.length + 1;
    }
    section.push("", "</details>", "");
    lines.push(...section);
    length += sectionLength + 15;
  }
  return lines.join("\n");
}

function tableRow(
  { head, base, patch }: CommentLanguage,
  newest: CoverageRow,
  page: (row: CoverageRow) => string,
): string {
  const isOld = !head.commit_hash.startsWith(newest.commit_hash) &&
    !newest.commit_hash.startsWith(head.commit_hash);
  const name = link(code(head.language), page(head)) +
    (isOld ? `<br><sub>of the older commit ${code(head.commit_hash.slice(0, 8))}</sub>` : "");
  const changed = patch?.percentage == null
    ? "–"
    : `${percent(patch.percentage)} (${patch.lines_covered} of ${patch.lines_valid})`;
  const change = changeOf(base?.percentage, head.percentage);
  const cells = [name, `**${percent(head.percentage)}**`, marked(change), changed];
  return `| ${cells.join(" | ")} |`;
}

/** A change with a mark that tells up and down apart by colour and by form. */
function marked(change: number | null): string {
  if (change === null) return "–";
  return change === 0 ? signed(change) : `${change > 0 ? "🟢 ▲" : "🔴 ▼"} ${signed(change)}`;
}

/** What a closed section says; a changed file without data must not hide behind a percentage. */
function summaryOf({ head, base, patch, patch_reason, indirect }: CommentLanguage): string {
  const facts = [];
  if (patch) {
    const missed = patch.lines_valid - patch.lines_covered;
    const unknown = unknownOf(patch).length + patch.omitted.not_measured + patch.omitted.ambiguous;
    facts.push(
      missed > 0
        ? `${counted(missed, "changed line")} not covered`
        : patch.lines_valid > 0
        ? "every changed line covered"
        : "no changed line can be covered",
    );
    if (unknown > 0) facts.push(`${counted(unknown, "changed file")} not measured`);
  } else if (patch_reason !== null) facts.push("changed lines unknown");
  if (indirect && indirect.length > 0) {
    facts.push(`${counted(indirect.length, "other file")} changed coverage`);
  }
  if (facts.length === 0) facts.push(base ? `compared with ${code(base.branch_name)}` : "no base");
  return `${code(head.language)}: ${facts.join(", ")}`;
}

function* detailsOf(
  { head, base_reason, patch, patch_reason, indirect = [] }: CommentLanguage,
  { host }: CommentOptions,
  page: string,
): Generator<string> {
  const file = (path: string) => link(code(path), host.file(head, path));
  const more = (count: number) => count > 0 ? [`- and ${link(`${count} more`, page)}`] : [];
  yield sentence(base_reason);
  if (patch_reason !== null) yield* ["", sentence(patch_reason)];
  const uncovered = patch?.files.filter(({ uncovered }) => uncovered !== "") ?? [];
  if (patch && uncovered.length > 0) {
    yield* ["", "**Changed lines that are not covered**", ""];
    for (const changed of uncovered.slice(0, MAX_FILES)) {
      const percentage = percentageOf(changed.lines_covered, changed.lines_valid);
      const ranges = rangesOf(changed, (lines) => host.file(head, changed.path, lines));
      yield `- ${file(changed.path)} ${percent(percentage)}: ${ranges}`;
    }
    yield* more(Math.max(0, uncovered.length - MAX_FILES) + patch.omitted.files);
  }
  const unknown = patch ? unknownOf(patch) : [];
  if (patch && unknown.length > 0) {
    yield* ["", "**Changed files that are not measured**", ""];
    for (const path of unknown.slice(0, MAX_UNKNOWN)) yield `- ${file(path)}`;
    const { not_measured, ambiguous } = patch.omitted;
    yield* more(Math.max(0, unknown.length - MAX_UNKNOWN) + not_measured + ambiguous);
  }
  if (indirect.length > 0) {
    yield* ["", "**Coverage changed in files that the diff does not touch**", ""];
    for (const { path, before, after, change } of indirect.slice(0, MAX_INDIRECT)) {
      yield `- ${code(path)} ${percent(before)} → ${percent(after)} ${marked(change)}`;
    }
    yield* more(Math.max(0, indirect.length - MAX_INDIRECT));
  }
}

function rangesOf({ uncovered }: PatchFile, url: (lines: string) => string): string {
  const ranges = uncovered.split(",").filter((range) => range !== "…");
  const shown = ranges.slice(0, MAX_RANGES).map((range) => link(range, url(range)));
  return shown.join(", ") + (shown.length < uncovered.split(",").length ? ", …" : "");
}

function unknownOf({ not_measured, ambiguous }: Patch): readonly string[] {
  return [...not_measured, ...ambiguous];
}

/** Longer ones keep their end, which says more of a path than its beginning. */
const MAX_NAME = 120;
/** A path of 4,096 bytes makes a longer address than browsers take. */
const MAX_URL = 2000;

/** In code nobody is mentioned, and written like this nothing is markup or looks like an address. */
function code(text: string): string {
  const characters = [...text];
  const shown = characters.length > MAX_NAME ? `…${characters.slice(-MAX_NAME).join("")}` : text;
  const escaped = shown.replace(/[^A-Za-z0-9 /…-]/gu, (char) => `&#${char.codePointAt(0)};`);
  return `<code>${escaped}</code>`;
}

/** A sentence with names in it: every word that is not made of letters alone is code. */
function sentence(text: string): string {
  return text.split(/\s+/).map((word) => {
    const [, name = "", end = ""] = /^(.*?)([.,;:]?)$/su.exec(word) ?? [];
    return /^[A-Za-z]*$/.test(name) ? name + end : code(name) + end;
  }).join(" ");
}

/** `text` is Markdown. */
function link(text: string, url: string): string {
  return url.length > MAX_URL ? text : `[${text}](<${url}>)`;
}
