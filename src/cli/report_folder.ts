/** The folder to upload: its files, which of them is the coverage file, and the archive of them. */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { CoverageFiles } from "../archive/coverage_file_picks.ts";
import { HttpError, OperatorError } from "../errors.ts";
import { pack, type PackedEntry } from "../reports/archive_file.ts";

/** What tools call coverage files, case-insensitive; the first kind that is there counts. */
const KINDS: readonly (readonly string[])[] = [
  ["coverage-final.json"],
  ["jacoco*.xml"],
  ["coverage.xml", "cobertura*.xml", "*cobertura.xml"],
  ["*clover.xml"],
  ["lcov.info", "*.lcov", "coverage.info"],
  ["coverage.json"],
  ["coverage.out", "cover.out", "c.out", "*.coverprofile"],
  ["*opencover.xml"],
  // SimpleCov's other files leave out what `# :nocov:` excludes; this one cannot.
  [".resultset.json"],
];
/** Folders in which nothing is looked for. */
const SKIPPED = new Set([".git", "node_modules"]);

interface ReportFile {
  /** On disk. */
  readonly source: string;
  /** In the archive. */
  readonly path: string;
  readonly size: number;
}

export interface Report {
  /** The folder's name, which is the only one at the top of the archive. */
  readonly name: string;
  readonly files: readonly ReportFile[];
  /** Values of `coverage_xml_file_name`. */
  readonly coverageFiles: readonly string[];
  /** What was not chosen, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Reads what is in the folder; `wanted` are names, paths or patterns of coverage files. Of a checkout's
 * top folder only the coverage files are taken, as the rest is no report but the source.
 */
export async function readReport(folder: string, wanted: readonly string[]): Promise<Report> {
  const name = basename(folder);
  const found = await Array.fromAsync(filesIn(folder, name));
  const paths = found.map(({ path }) => path).sort();
  const notes: string[] = [];
  const chosen = wanted.length > 0
    ? pick(paths, wanted.map((file) => file.includes("/") ? `${name}/${file}` : file))
    : detect(paths, folder, notes);
  const isCheckout = existsSync(join(folder, ".git"));
  const files = found.filter(({ path }) => chosen.has(path) || !isCheckout);
  return { name, files, coverageFiles: fieldsOf(chosen, paths), notes };
}

/** Regular files. A link might lead out of the folder. */
async function* filesIn(folder: string, name: string): AsyncGenerator<ReportFile> {
  for await (const entry of Deno.readDir(folder)) {
    const source = join(folder, entry.name);
    const path = `${name}/${entry.name}`;
    if (entry.isFile) yield { source, path, size: (await Deno.stat(source)).size };
    else if (entry.isDirectory && !SKIPPED.has(entry.name)) yield* filesIn(source, path);
  }
}

/** Throws a sentence that says which files there are. */
function pick(paths: readonly string[], wanted: readonly string[]): Set<string> {
  const files = new CoverageFiles(wanted);
  for (const path of paths) files.add(path);
  try {
    return new Set(files.result());
  } catch (error) {
    throw error instanceof HttpError ? new OperatorError(error.message) : error;
  }
}

/** The files of the first kind that is there. */
function detect(paths: readonly string[], folder: string, notes: string[]): Set<string> {
  const kinds = KINDS.map((names) => paths.filter((path) => isNamed(path, names)))
    .filter((found) => found.length > 0);
  const [chosen, ...others] = kinds;
  if (!chosen) {
    throw new OperatorError(
      `${folder} has no coverage file; looked for ${
        KINDS.flat().join(", ")
      }. --file names another.`,
    );
  }
  if (others.length > 0) {
    notes.push(`Not used: ${others.flat().slice(0, 5).join(", ")}; --file chooses.`);
  }
  return new Set(chosen);
}

function isNamed(path: string, names: readonly string[]): boolean {
  const file = basename(path).toLowerCase();
  return names.some((name) => {
    const [start = "", end] = name.split("*");
    return end === undefined ? file === name : file.startsWith(start) && file.endsWith(end);
  });
}

/** One path, or one pattern for all files of a name: the address must not grow with a monorepo. */
function fieldsOf(chosen: ReadonlySet<string>, paths: readonly string[]): string[] {
  const names = new Set([...chosen].map((path) => basename(path)));
  return [...names].flatMap((name) => {
    const same = [...chosen].filter((path) => basename(path) === name);
    const isAll = paths.every((path) => basename(path) !== name || chosen.has(path));
    return same.length > 1 && isAll ? [`**/${name}`] : same;
  });
}

/** The archive of files, and of a diff in it. `failed` is told why it ends early, if it does. */
export function packed(
  files: readonly ReportFile[],
  diff: { readonly path: string; readonly bytes: Uint8Array<ArrayBuffer> } | undefined,
  failed: (error: Error) => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const entries = function* (): Generator<PackedEntry> {
    for (const { source, path } of files) {
      // A log may have grown since it was found.
      const { size } = Deno.statSync(source);
      yield { path, size, open: async () => (await Deno.open(source)).readable };
    }
    if (!diff) return;
    const { path, bytes } = diff;
    yield { path, size: bytes.byteLength, open: () => new Blob([bytes]).stream() };
  };
  return ReadableStream.from((async function* () {
    try {
      yield* pack(entries());
    } catch (error) {
      failed(error as Error);
      throw error;
    }
  })());
}
