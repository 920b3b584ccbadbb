/**
 * Tells apart source files of the same name in several coverage files of one upload. Each package of a
 * monorepo has its `src/index.js`, and LCOV names it just that; the shards of a test run name the same
 * file. So names alone do not tell.
 *
 * @module
 */
import { posix } from "node:path";
import type { ParsedCoverage } from "./coverage.ts";
import { decodeFiles } from "./line_encoder.ts";

/** What a source file is called in the union, from its path in the coverage file. */
export type Rename = (path: string) => string;

/** A coverage file: its path in the archive, and what it holds. */
export interface CoverageFile extends ParsedCoverage {
  readonly file: string;
}

/**
 * The names for each coverage file, and the folder that they are relative to, if known.
 *
 * - Cobertura with one absolute `<source>`: paths below that folder.
 * - LCOV and JaCoCo: where files of one path cannot be the same source, each path starts with the
 *   part of the coverage file's path in which these differ: `a/src/index.js` of
 *   `packages/a/coverage/lcov.info`.
 */
export function namesInUnion(
  files: readonly CoverageFile[],
): { renames: Rename[]; root: string | undefined } {
  const roots = files.map(rootOf);
  const known = roots.filter((root) => root !== undefined);
  const root = new Set(known).size > 1 ? commonFolder(known) : undefined;
  const prefixes = prefixesOf(files.filter((_, at) => roots[at] === undefined));
  const renames = files.map((file, at): Rename => {
    const own = roots[at];
    const prefix = own === undefined
      ? prefixes.get(file) ?? ""
      : root === undefined
      ? ""
      : posix.relative(root, own);
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
}

/** What to put before the paths of each coverage file; empty where no two modules share a path. */
function prefixesOf(files: readonly CoverageFile[]): Map<CoverageFile, string> {
  const modules: Module[] = [];
  const seen = new Map<string, Map<Module, Source>>();
  let areMixed = false;
  for (const file of files) {
    const own = sourcesOf(file);
    const scores = new Map<Module, number>();
    for (const [path, source] of own) {
      for (const [module, other] of seen.get(path) ?? []) {
        const score = module.name === file.module ? likeness(source, other) : -1;
        scores.set(module, (scores.get(module) ?? 0) + score);
      }
    }
    const [best] = [...scores].sort(([, one], [, other]) => other - one);
    let module = best && best[1] >= 0 ? best[0] : undefined;
    areMixed ||= [...scores.keys()].some((other) => other !== module);
    if (!module) modules.push(module = { name: file.module, file: file.file, members: [] });
    module.members.push(file);
    for (const [path, source] of own) {
      const sources = seen.get(path) ?? new Map<Module, Source>();
      if (!sources.has(module)) seen.set(path, sources.set(module, source));
    }
  }
  if (!areMixed) return new Map();
  const prefixes = distinctParts(modules.map(({ file }) => file));
  return new Map(
    modules.flatMap(({ members }, at) => members.map((file) => [file, prefixes[at]!] as const)),
  );
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
