/**
 * Which file of an archive is the coverage file.
 *
 * @module
 */
import { type Coverage, CoverageError } from "../formats/coverage.ts";
import { quote, unprocessable } from "../errors.ts";
import { safePath } from "./safe_path.ts";

/** Names that a message lists at most. */
const MAX_NAMED = 10;

/**
 * Finds the coverage file among entries that come in any order. It is named by its path in the
 * archive, or by its base name alone: then the shallowest file of that name is meant.
 */
export class CoverageFile {
  readonly #wanted: string;
  readonly #byPath: boolean;
  /** The files of the wanted name at the smallest depth so far, with what reading them gave. */
  readonly #found = new Map<string, Promise<Coverage | CoverageError>>();
  #depth = Infinity;
  /** Files that may have been meant, for the message when none was found. */
  readonly #others: string[] = [];
  #otherCount = 0;

  /** `name` is `coverage_xml_file_name` of the request; throws a 422 for a path that no file can have. */
  constructor(name: string) {
    this.#wanted = safePath(name);
    this.#byPath = name.includes("/");
  }

  /** Whether the file at `path` is to be read: none that is nearer to the top has the name. */
  wants(path: string): boolean {
    const matches = this.#byPath
      ? path === this.#wanted
      : path === this.#wanted || path.endsWith(`/${this.#wanted}`);
    if (!matches && /\.xml$/i.test(path) && this.#otherCount++ < MAX_NAMED) {
      this.#others.push(path);
    }
    return matches && depthOf(path) <= this.#depth;
  }

  /** Takes what a wanted file holds; of two entries of one path the last counts, as `tar -x` has it. */
  add(path: string, read: Promise<Coverage | CoverageError>): void {
    read.catch(() => {}); // it is awaited later, if it is still of interest then
    const depth = depthOf(path);
    if (depth < this.#depth) this.#found.clear();
    this.#depth = depth;
    this.#found.set(path, read);
  }

  /** Waits until nothing is being read. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#found.values());
  }

  /** The coverage, once every entry has been seen; throws a 422 that says what to mend. */
  async result(): Promise<Coverage> {
    const [first, second] = this.#found;
    if (!first) throw unprocessable(this.#missing());
    if (second) {
      const paths = [...this.#found.keys()].slice(0, MAX_NAMED).map(quote).join(" and ");
      throw unprocessable(
        `The archive has ${this.#found.size} files named ${
          quote(this.#wanted)
        } at the same depth, ` +
          `${paths}; give coverage_xml_file_name as the path of one of them.`,
      );
    }
    const [path, reading] = first;
    const read = await reading;
    if (read instanceof CoverageError) {
      throw unprocessable(`The coverage file ${quote(path)} ${read.message}.`, read);
    }
    return read;
  }

  #missing(): string {
    const listed = this.#others.map(quote).join(", ");
    const more = this.#otherCount > MAX_NAMED ? `, and ${this.#otherCount - MAX_NAMED} more` : "";
    return `The archive has no file ${quote(this.#wanted)}; ` +
      (listed ? `files that may be meant: ${listed}${more}.` : "it has no XML file at all.");
  }
}

function depthOf(path: string): number {
  return path.split("/").length;
}
