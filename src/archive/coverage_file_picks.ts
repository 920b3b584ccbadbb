/** Which files of an archive are the coverage files. */
import { quote, unprocessable } from "../errors.ts";
import { safePath } from "./safe_path.ts";

/** Names that a message lists at most. */
const MAX_NAMED = 10;
/** Coverage files of one upload. */
const MAX_FILES = 1000;

/** What is looked for. */
interface Wish {
  readonly field: string;
  readonly kind: string;
  /** Files that might have been meant when none was found. */
  readonly likely: RegExp;
}

const COVERAGE: Wish = {
  field: "coverage_xml_file_name",
  kind: "coverage file",
  likely: /\.(xml|info|json|out|lcov)$|\.resultset\.json$/i,
};

export const DIFF: Wish = { field: "diff_file_name", kind: "diff", likely: /\.(diff|patch)$/i };

/**
 * Finds the coverage files among entries that come in any order. Each is named by its path in the
 * archive, by its base name alone (the shallowest file of that name is meant), or by a pattern with
 * `*` (within a segment) and `**` (across segments), which means every match.
 */
export class CoverageFiles {
  readonly #wish: Wish;
  readonly #wanted: readonly Wanted[];
  readonly #others: string[] = [];
  #otherCount = 0;
  readonly #links: string[] = [];

  /** Throws a 422 for a name that no file can have. */
  constructor(names: readonly string[], wish = COVERAGE) {
    this.#wish = wish;
    this.#wanted = names.map((name) => {
      const path = safePath(name);
      const isPattern = path.includes("*");
      return {
        path,
        isPattern,
        isByPath: name.includes("/"),
        test: matcherOf(path),
        found: new Set(),
      };
    });
  }

  /** Adds a file; whether it may be one of those that are meant. */
  add(path: string): boolean {
    let isWanted = false;
    for (const wanted of this.#wanted) {
      if (!isMatch(wanted, path)) continue;
      isWanted = true;
      const { found } = wanted;
      found.add(path);
      if (found.size > MAX_FILES) {
        throw unprocessable(`The archive has more than ${MAX_FILES} ${this.#wish.kind}s.`);
      }
    }
    if (!isWanted && this.#wish.likely.test(path) && this.#otherCount++ < MAX_NAMED) {
      this.#others.push(path);
    }
    return isWanted;
  }

  /** Adds a symbolic link, which is not stored. */
  addLink(path: string): void {
    if (this.#links.length < MAX_NAMED && this.#wanted.some((wanted) => isMatch(wanted, path))) {
      this.#links.push(path);
    }
  }

  /** The paths of the coverage files, once every entry was seen; throws a 422 that says what to change. */
  result(): string[] {
    return [...new Set(this.#wanted.flatMap((wanted) => this.#pathsOf(wanted)))];
  }

  #pathsOf({ path, isPattern, found }: Wanted): string[] {
    if (found.size === 0) throw unprocessable(this.#missing(path));
    if (isPattern) return [...found].sort();
    const depth = Math.min(...[...found].map(depthOf));
    const paths = [...found].filter((path) => depthOf(path) === depth);
    if (paths.length === 1) return paths;
    const named = paths.slice(0, MAX_NAMED).map(quote).join(" and ");
    throw unprocessable(
      `The archive has ${paths.length} files named ${quote(path)} at the same depth, ${named}; ` +
        `give ${this.#wish.field} as the path of one of them.`,
    );
  }

  #missing(name: string): string {
    if (this.#links.length > 0) {
      return `The coverage file ${this.#links.map(quote).join(", ")} is a symbolic link in the ` +
        "archive; pack it with tar's -h (--dereference).";
    }
    const listed = this.#others.map(quote).join(", ");
    const more = this.#otherCount > MAX_NAMED ? `, and ${this.#otherCount - MAX_NAMED} more` : "";
    return `The archive has no file ${quote(name)}; ` +
      (listed ? `it has ${listed}${more}.` : `nothing in it looks like a ${this.#wish.kind}.`);
  }
}

interface Wanted {
  readonly path: string;
  readonly isPattern: boolean;
  /** Whether the path is compared, or the base name. */
  readonly isByPath: boolean;
  readonly test: RegExp;
  readonly found: Set<string>;
}

function isMatch({ isByPath, isPattern, test }: Wanted, path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return test.test(isByPath ? path : name) && !(isPattern && isAppleDouble(name));
}

function matcherOf(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&")
    .replaceAll(
      /\*\*\/|\*\*|\*/g,
      (stars) => stars === "*" ? "[^/]*" : stars === "**" ? ".*" : "(?:.*/)?",
    );
  return new RegExp(`^${source}$`, "s");
}

function depthOf(path: string): number {
  return path.split("/").length;
}

/** macOS's tar puts `._name` beside a file, with what its file system knows of it. */
export function isAppleDouble(path: string): boolean {
  return /(^|\/)\._[^/]*$/.test(path);
}
