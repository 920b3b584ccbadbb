/**
 * The union of several coverages, by file and line: a line is hit if it is hit in any.
 *
 * Of the coverage files of one upload, files of one name may be different ones: each package of a
 * monorepo has its `src/index.js`, and LCOV names it just that; the shards of a test run name the same
 * file. So names alone do not tell.
 */
import { posix } from "node:path";
import { type Coverage, CoverageError, coverageOf, type ParsedCoverage } from "./coverage.ts";
import { LineCollector } from "./line_collector.ts";
import { decodeFiles } from "./lines.ts";

/** What a source file is called in the union, from its path in the coverage file. */
type Rename = (path: string) => string;

/** A coverage file: its path in the archive, and what it holds. */
export interface CoverageFile extends ParsedCoverage {
  readonly file: string;
}

/**
 * The union of encoded lines; `format` is what the total is said to be of, `renames` what the files of
 * each are called in it. Throws a `CoverageError` where there are no lines.
 */
export function unite(
  encoded: Iterable<Uint8Array>,
  format = "union",
  renames: readonly Rename[] = [],
): { total: Coverage; lines: Uint8Array<ArrayBuffer> } {
  const collector = new LineCollector();
  let at = 0;
  for (const bytes of encoded) {
    const rename = renames[at++];
    for (const { path, lines, covered } of decodeFiles(bytes)) {
      collector.begin(rename ? rename(path) : path);
      for (let at = 0; at < lines.length; at++) collector.add(lines[at]!, covered[at]!);
    }
  }
  const lines = collector.finish();
  return { total: coverageOf(lines, format), lines: lines.encoded! };
}

/** One coverage of the coverage files of an upload, as {@linkcode uniteCoverage}. */
export function uniteFiles(files: readonly CoverageFile[]): ParsedCoverage {
  if (files.length < 2 || files.some(({ lines }) => lines === null)) return uniteCoverage(files);
  const { renames, root } = namesInUnion(files);
  const united = uniteCoverage(files, renames);
  return root === undefined ? united : { ...united, sourceRoots: [root] };
}

/**
 * One coverage of several. Throws a `CoverageError` where one of them has no lines, or none can be
 * counted.
 */
export function uniteCoverage(
  parsed: readonly ParsedCoverage[],
  renames: readonly Rename[] = [],
): ParsedCoverage {
  const [first] = parsed;
  if (parsed.length === 1) return first!;
  const summary = parsed.find(({ lines }) => lines === null);
  if (summary) {
    throw new CoverageError(
      `is a summary without lines (${summary.total.format}), which cannot be united with others`,
    );
  }
  const formats = new Set(parsed.map(({ total }) => total.format.replace(/-statements$/, "")));
  const format = formats.size === 1 ? [...formats][0]! : "union";
  const roots = [...new Set(parsed.flatMap(({ sourceRoots }) => sourceRoots ?? []))];
  return {
    ...unite(parsed.map(({ lines }) => lines!), format, renames),
    ...(roots.length > 0 ? { sourceRoots: roots } : {}),
  };
}

/**
 * The names for each coverage file, and the folder that they are relative to, if known.
 *
 * - Cobertura with one absolute `<source>`: paths below that folder.
 * - JaCoCo beside a report of the whole that has the module as a group: paths in that group.
 * - LCOV and JaCoCo otherwise: where files of one path cannot be the same source, each path starts with the
 *   part of the coverage file's path in which these differ: `a/src/index.js` of
 *   `packages/a/coverage/lcov.info`.
 */
function namesInUnion(
  files: readonly CoverageFile[],
): { renames: Rename[]; root: string | undefined } {
  const roots = files.map(rootOf);
  const known = roots.filter((root) => root !== undefined);
  const root = new Set(known).size > 1 ? commonFolder(known) : undefined;
  const prefixes = new Map([
    ...files.flatMap((file, at) => {
      const own = roots[at];
      return own === undefined
        ? []
        : [[file, root === undefined ? "" : posix.relative(root, own)] as const];
    }),
    ...groupsOf(files),
  ]);
  for (const entry of prefixesOf(files.filter((file) => !prefixes.has(file)))) {
    prefixes.set(...entry);
  }
  const renames = files.map((file): Rename => {
    const prefix = prefixes.get(file) ?? "";
    return prefix === ""
      ? (path) => path
      : (path) => isAbsolute(path) ? path : posix.join(prefix, path);
  });
  return { renames, root };
}

function rootOf({ sourceRoots = [] }: ParsedCoverage): string | undefined {
  const [root] = sourceRoots;
  if (root === undefined || sourceRoots.length > 1 || !isAbsolute(root)) return undefined;
  return posix.normalize(root.replaceAll("\\", "/"));
}

function isAbsolute(path: string): boolean {
  return /^(?:[A-Za-z]:)?[\\/]/.test(path);
}

/** The group of each JaCoCo report that is in another one as a group. */
function groupsOf(files: readonly CoverageFile[]): [CoverageFile, string][] {
  if (!files.some(({ module }) => module !== undefined)) return [];
  const grouped = new Set(
    files.flatMap(({ module, lines }) =>
      module === undefined ? [...decodeFiles(lines!)].map(({ path }) => path) : []
    ),
  );
  return files.flatMap((file): [CoverageFile, string][] => {
    const [first] = decodeFiles(file.lines!);
    const { module } = file;
    return module !== undefined && grouped.has(`${module}/${first?.path}`) ? [[file, module]] : [];
  });
}

/** Source files that are taken for the same. */
interface Source {
  readonly functions: readonly number[] | undefined;
  readonly lines: string;
}

/** Coverage files that measured the same code. */
interface Module {
  readonly name: string | undefined;
  /** The path of its first coverage file. */
  readonly file: string;
  readonly members: CoverageFile[];
  readonly paths: Set<string>;
  /** The module that it turned out to be a part of. */
  whole?: Module;
}

/** What to put before the paths of each coverage file; empty where no two modules share a path. */
function prefixesOf(files: readonly CoverageFile[]): Map<CoverageFile, string> {
  const modules: Module[] = [];
  const seen = new Map<string, Map<Module, Source>>();
  let areMixed = false;
  for (const file of files) {
    const own = sourcesOf(file);
    const scores = scoresOf(file, own, seen);
    const [best, ...others] = [...scores].filter(([, score]) => score >= 0)
      .sort(([, one], [, other]) => other - one);
    const module = best?.[0] ??
      { name: file.module, file: file.file, members: [], paths: new Set<string>() };
    if (!best) modules.push(module);
    for (const [other, score] of others) if (score > 0) join(other, module);
    areMixed ||= [...scores.keys()].some((other) => wholeOf(other) !== module);
    module.members.push(file);
    for (const [path, source] of own) {
      module.paths.add(path);
      const sources = seen.get(path) ?? new Map<Module, Source>();
      if (!sources.has(module)) seen.set(path, sources.set(module, source));
    }
  }
  if (!areMixed) return new Map();
  const whole = modules.filter((module) => !module.whole);
  const prefixes = distinctParts(whole.map(({ file }) => file));
  return new Map(
    whole.flatMap(({ members }, at) => members.map((file) => [file, prefixes[at]!] as const)),
  );
}

/** How much speaks for a coverage file being of each module that it shares a path with. */
function scoresOf(
  { module: name }: CoverageFile,
  own: ReadonlyMap<string, Source>,
  seen: ReadonlyMap<string, ReadonlyMap<Module, Source>>,
): Map<Module, number> {
  const scores = new Map<Module, number>();
  for (const [path, source] of own) {
    for (const [part, other] of seen.get(path) ?? []) {
      const module = wholeOf(part);
      const score = scores.get(module) ?? (module.name === name ? 0 : strangeness(own, module));
      scores.set(module, score + likeness(source, other));
    }
  }
  return scores;
}

function wholeOf(module: Module): Module {
  return module.whole ? wholeOf(module.whole) : module;
}

function join(part: Module, whole: Module): void {
  part.whole = whole;
  whole.members.push(...part.members);
  for (const path of part.paths) whole.paths.add(path);
}

function sourcesOf({ lines, functions }: CoverageFile): Map<string, Source> {
  const sources = new Map<string, Source>();
  for (const { path, lines: numbers } of decodeFiles(lines!)) {
    if (isAbsolute(path)) continue;
    let hash = 0;
    for (const line of numbers) hash = Math.imul(hash, 31) + line | 0;
    sources.set(path, { functions: functions?.get(path), lines: `${numbers.length}/${hash}` });
  }
  return sources;
}

/**
 * What speaks against two JaCoCo reports of different names being of the same code: files that only
 * one of them has. A report of the whole, as Gradle's, has all files of each module.
 */
function strangeness(own: ReadonlyMap<string, Source>, { paths }: Module): number {
  let shared = 0;
  for (const path of own.keys()) if (paths.has(path)) shared++;
  return shared - Math.min(own.size, paths.size) - 0.5; // in doubt they are different
}

/**
 * 1: the same source, -1: another, 0: unknown. V8 does not report functions that never ran, and the
 * compiler of C leaves out lines of a header, so neither functions nor lines alone must be equal.
 */
function likeness(one: Source, other: Source): number {
  const sameLines = one.lines === other.lines;
  if (!one.functions || !other.functions) return sameLines ? 1 : 0;
  const shared = one.functions.filter((hash) => other.functions!.includes(hash)).length;
  if (shared === 0) return -1;
  const sameFunctions = shared === Math.max(one.functions.length, other.functions.length);
  return sameLines || sameFunctions ? 1 : -1;
}

function commonFolder(folders: readonly string[]): string {
  const shared = commonStart(folders.map((folder) => folder.replace(/\/+$/, "").split("/")));
  return shared.join("/") || "/";
}

/** Paths without what all of them start and end with. */
function distinctParts(paths: readonly string[]): string[] {
  const lists = paths.map((path) => path.split("/"));
  const start = commonStart(lists).length;
  const rests = lists.map((list) => list.slice(start));
  const end = commonStart(rests.map((list) => list.toReversed())).length;
  return rests.map((list) => list.slice(0, list.length - end).join("/"));
}

function commonStart(lists: readonly (readonly string[])[]): string[] {
  const [first = [], ...others] = lists;
  const end = first.findIndex((part, at) => others.some((other) => other[at] !== part));
  return first.slice(0, end < 0 ? undefined : end);
}
