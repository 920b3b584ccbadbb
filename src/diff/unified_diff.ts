/**
 * Reads a unified diff, as `git diff`, `diff -u`, Mercurial and Subversion write it, while it comes:
 * which files are changed, and which of their lines are added or changed.
 */
import { quote } from "../errors.ts";
import { binary } from "../formats/document_text.ts";
import { pathOf } from "./diff_paths.ts";

/** Line numbers in ascending order, as ranges. */
export class Ranges {
  /** First and last line of each range. */
  readonly #bounds: number[] = [];

  get length(): number {
    return this.#bounds.length / 2;
  }

  /** Adds a line after all others; tells whether that began a new range. */
  add(line: number): boolean {
    const bounds = this.#bounds;
    if (bounds[bounds.length - 1] === line - 1) {
      bounds[bounds.length - 1] = line;
      return false;
    }
    bounds.push(line, line);
    return true;
  }

  *[Symbol.iterator](): Generator<readonly [first: number, last: number]> {
    for (let at = 0; at < this.#bounds.length; at += 2) {
      yield [this.#bounds[at]!, this.#bounds[at + 1]!];
    }
  }
}

/** A file of the new side. */
export interface ChangedFile {
  readonly path: string;
  /** Added or changed lines; none where lines are only removed. */
  readonly added: Ranges;
}

/** The diff cannot be used; the message is a clause that follows the file's name. */
export class DiffError extends Error {
  override readonly name = "DiffError";
}

const MAX_DIFF_BYTES = 256 * 1024 * 1024;
const MAX_FILES = 200_000;
const MAX_RANGES = 4_000_000;
/** Characters of a line that are looked at: a header with two quoted names of 4,096 bytes each. */
const MAX_LINE = 64 * 1024;

/**
 * The changed files, in the order of the diff; without deleted, binary and only renamed files,
 * submodules and symbolic links. Throws a {@linkcode DiffError} for a text that is no diff, is cut
 * off, or has more than one new side.
 */
export async function readDiff(
  bytes: AsyncIterable<Uint8Array<ArrayBuffer>>,
): Promise<ChangedFile[]> {
  const parser = new DiffParser();
  let rest = "";
  for await (const piece of binary(limited(bytes))) {
    let start = 0;
    for (let end = piece.indexOf("\n"); end >= 0; end = piece.indexOf("\n", start)) {
      const part = piece.slice(start, end);
      parser.line(rest === "" ? part : (rest + part).slice(0, MAX_LINE));
      rest = "";
      start = end + 1;
    }
    rest = (rest + piece.slice(start)).slice(0, MAX_LINE);
  }
  if (rest !== "") parser.line(rest);
  return parser.end();
}

async function* limited(
  bytes: AsyncIterable<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let total = 0;
  for await (const chunk of bytes) {
    total += chunk.byteLength;
    if (total > MAX_DIFF_BYTES) throw new DiffError(`is larger than ${MAX_DIFF_BYTES} bytes`);
    yield chunk;
  }
}

/** The part of the diff about one file. */
class Section {
  /** What follows `--- `, `+++ `, and `rename to ` or `copy to `. */
  oldSide: string | undefined;
  newSide: string | undefined;
  renamedTo: string | undefined;
  path = "";
  readonly added = new Ranges();
  hasHunks = false;
  /** The first line of the new side after its last hunk. */
  nextLine = 0;
  /** No file whose lines could be measured: deleted, binary, a submodule, a symbolic link. */
  isSkipped = false;
  /** Whether something has to follow: after `diff --git` a mode or a hash, after names a hunk. */
  isOpen: boolean;

  /** `header` is what follows `diff --git `, which names both sides. */
  constructor(readonly header?: string) {
    this.isOpen = header !== undefined;
  }
}

const HUNK = /^@@ -\d{1,10}(?:,(\d{1,10}))? \+(\d{1,10})(?:,(\d{1,10}))? @@/;
/** Submodule and symbolic link. */
const SPECIAL_MODE = /^1[26]0000$/;
/** The hash of an empty file, by SHA-1 and SHA-256. */
const EMPTY_FILE = /(?:e69de29|473a0f4)/;

class DiffParser {
  readonly #files = new Map<string, ChangedFile>();
  #section: Section | undefined;
  #sections = 0;
  #ranges = 0;
  #number = 0;
  #firstText = "";
  /** Lines of the hunk that are still to come, on the old side and the new. */
  #oldLeft = 0;
  #newLeft = 0;
  #newLine = 0;
  /** Whether the line before was the last one of a hunk. */
  #afterHunk = false;

  line(line: string): void {
    this.#number++;
    if (this.#oldLeft > 0 || this.#newLeft > 0) return this.#hunkLine(line);
    const afterHunk = this.#afterHunk;
    this.#afterHunk = false;
    if (line.endsWith("\r")) line = line.slice(0, -1);
    switch (line[0]) {
      case "d":
        if (line.startsWith("diff ")) return this.#diffLine(line);
        break;
      case "-":
        if (line.startsWith("--- ")) return this.#oldSideLine(line.slice(4));
        break;
      case "+":
        if (line.startsWith("+++ ")) return this.#newSideLine(line.slice(4));
        break;
      case "@":
        if (line.startsWith("@@@")) throw combined();
        if (line.startsWith("@@ ")) return this.#hunk(line);
        break;
      case "\\":
        return; // "\ No newline at end of file", in any language
    }
    // An e-mail with a patch ends with "-- " and git's version.
    if (afterHunk && /^(?:\+|-(?!-\s*$))/.test(line)) {
      throw this.#malformed("a hunk has more lines than it says");
    }
    if (this.#section?.header !== undefined && !this.#section.hasHunks) this.#extended(line);
    if (this.#sections === 0) {
      if (/^(?:Only in|Binary files|Submodule|Index:) /.test(line)) this.#sections++;
      else this.#firstText ||= line.trim();
    }
  }

  end(): ChangedFile[] {
    const section = this.#section;
    if (this.#oldLeft > 0 || this.#newLeft > 0) {
      throw new DiffError(`is cut off within a hunk of ${quote(section!.path)}`);
    }
    if (section?.isOpen && !section.hasHunks && !section.isSkipped) {
      throw new DiffError(`is cut off before the changes of its last file`);
    }
    this.#finish();
    if (this.#sections === 0 && this.#firstText !== "") {
      throw new DiffError(
        `is not a unified diff, as git diff writes it: it begins with ${quote(this.#firstText)}`,
      );
    }
    return [...this.#files.values()];
  }

  #hunkLine(line: string): void {
    switch (line[0]) {
      case "+":
        if (this.#newLeft-- === 0) throw this.#malformed("a hunk adds more lines than it says");
        if (this.#section!.added.add(this.#newLine++) && ++this.#ranges > MAX_RANGES) {
          throw new DiffError(`has more than ${MAX_RANGES} ranges of changed lines`);
        }
        break;
      case "-":
        if (this.#oldLeft-- === 0) throw this.#malformed("a hunk removes more lines than it says");
        break;
      case " ":
      case "\r":
      case undefined: // an empty line of context whose space an editor took
        if (this.#oldLeft-- === 0 || this.#newLeft-- === 0) {
          throw this.#malformed("a hunk has more lines than it says");
        }
        this.#newLine++;
        break;
      case "\\":
        return;
      default:
        throw this.#malformed("a hunk has fewer lines than it says");
    }
    this.#afterHunk = true;
  }

  #diffLine(line: string): void {
    if (/^diff --(?:cc|combined) /.test(line)) throw combined();
    const header = line.startsWith("diff --git ") ? line.slice("diff --git ".length) : undefined;
    this.#begin(new Section(header));
  }

  #begin(section: Section): void {
    this.#finish();
    this.#sections++;
    this.#section = section;
  }

  /** The lines between `diff --git` and the first hunk. */
  #extended(line: string): void {
    const section = this.#section!;
    const mode = /^(?:new file|new) mode (\d+)$/.exec(line) ??
      /^index [0-9a-f]+\.\.[0-9a-f]+ (\d+)$/.exec(line);
    if (mode && SPECIAL_MODE.test(mode[1]!)) section.isSkipped = true;
    if (/^(?:deleted file mode |GIT binary patch$|Binary files )/.test(line)) {
      section.isSkipped = true;
    }
    if (/^(?:rename|copy) to /.test(line)) section.renamedTo = line.replace(/^\w+ to /, "");
    if (/^(?:new mode|rename to|copy to) /.test(line)) section.isOpen = false;
    if (line.startsWith("index ")) section.isOpen = !EMPTY_FILE.test(line);
  }

  #oldSideLine(side: string): void {
    const section = this.#section;
    if (!section || section.oldSide !== undefined || section.hasHunks) this.#begin(new Section());
    this.#section!.oldSide = this.#whole(side);
  }

  #newSideLine(side: string): void {
    const section = this.#section;
    if (section?.oldSide === undefined || section.newSide !== undefined) {
      throw this.#malformed("a +++ line does not follow a --- line");
    }
    section.newSide = this.#whole(side);
    section.isOpen = true;
    const { header, oldSide, renamedTo } = section;
    const path = pathOf({ header, oldSide, newSide: section.newSide, renamedTo });
    if (path === undefined) section.isSkipped = true;
    else if (path === "" || path.includes("\0")) throw this.#malformed("a file has no usable name");
    else section.path = path;
  }

  #hunk(line: string): void {
    const section = this.#section;
    if (section?.newSide === undefined) throw this.#malformed("a hunk belongs to no file");
    const found = HUNK.exec(line);
    if (!found) throw this.#malformed(`the hunk ${quote(line)} says no lines`);
    const [, oldCount = "1", newStart, newCount = "1"] = found;
    if (Number(newStart) < section.nextLine) throw this.#malformed("its hunks overlap");
    section.hasHunks = true;
    this.#oldLeft = Number(oldCount);
    this.#newLeft = Number(newCount);
    this.#newLine = Number(newStart);
    section.nextLine = this.#newLine + this.#newLeft;
  }

  #finish(): void {
    const section = this.#section;
    this.#section = undefined;
    if (!section) return;
    const { path, added, hasHunks, isSkipped, newSide } = section;
    if (newSide === undefined) return;
    if (!hasHunks) throw this.#malformed(`${quote(path)} has no changes`);
    if (isSkipped) return;
    if (this.#files.has(path)) {
      throw new DiffError(
        `changes ${quote(path)} twice; a diff between two commits has every file once`,
      );
    }
    if (this.#files.size === MAX_FILES) throw new DiffError(`has more than ${MAX_FILES} files`);
    this.#files.set(path, { path, added });
  }

  #whole(name: string): string {
    if (name.length >= MAX_LINE - 4) throw this.#malformed("a name is too long");
    return name;
  }

  #malformed(why: string): DiffError {
    return new DiffError(`is cut off or malformed at line ${this.#number}: ${why}`);
  }
}

function combined(): DiffError {
  return new DiffError(
    "is a combined diff of a merge, which has several old sides; use git diff base...head",
  );
}
