/**
 * Finds the file of a coverage report that a file of a diff is. A diff has paths in the repository;
 * a report has those, or absolute ones, or ones that begin with a Go module, or relative ones from a
 * module's folder or a Java source folder.
 *
 * One of both paths has to be the end of the other, in whole segments; the longest such end counts.
 * Paths that only end alike, such as `web/src/index.ts` and `server/src/index.ts`, are two files.
 */

/** The number of a file in the report, or why there is none. */
export type Match = number | "ambiguous" | "unknown";

/** A report's file that a diff's file may be. */
interface Candidate {
  readonly file: number;
  /** What the report's path has before the diff's: "" or with a slash at the end. */
  readonly root: string;
  /** What the diff's path has before the report's. */
  readonly folder: string;
}

/** Of one diff path; more are not compared but ambiguous. */
const MAX_CANDIDATES = 1000;
/** A coverage file names one source root, or a few. */
const MAX_ROOTS = 100;

/** For each path of a diff its match among the report's; `sourceRoots` are what those are relative to. */
export function matchPaths(
  changed: readonly string[],
  report: readonly string[],
  sourceRoots: readonly string[] = [],
): Match[] {
  const names = report.flatMap((path, file) =>
    namesOf(path, sourceRoots.slice(0, MAX_ROOTS)).map((name) => ({ file, name }))
  );
  const withRoot = candidatesWithRoot(new Set(changed), names);
  const byName = Map.groupBy(names, ({ name }) => name);
  const folderOfReport = commonFolders(names.map(({ name }) => name));

  const found = changed.map((path): Candidate | "ambiguous" | "unknown" => {
    const candidates = withRoot.get(path);
    if (candidates) return nearest(path, candidates, folderOfReport);
    for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) {
      const name = path.slice(slash + 1);
      const files = byName.get(name);
      if (!files) continue;
      // Many a folder has a file of this name; this one may be another's.
      const isGuess = files.length > 1 || !name.includes("/");
      return isGuess
        ? "ambiguous"
        : { file: files[0]!.file, root: "", folder: path.slice(0, slash + 1) };
    }
    return "unknown";
  });
  return withoutContradictions(found);
}

/** How the path is seen from each source root; by itself where there are none. */
function namesOf(path: string, roots: readonly string[]): string[] {
  if (roots.length === 0 || isAbsolute(path)) return [path];
  return [
    ...new Set(roots.map((root) => {
      const folder = root.trim().replaceAll("\\", "/").replace(/^(?:\.\/?)+$|^(?:\.\/)+|\/+$/g, "");
      return folder === "" && !root.startsWith("/") ? path : `${folder}/${path}`;
    })),
  ];
}

function isAbsolute(path: string): boolean {
  return /^(?:\/|[A-Za-z]:\/)/.test(path);
}

/** The files of the report that end with a path of the diff. */
function candidatesWithRoot(
  changed: ReadonlySet<string>,
  names: readonly { file: number; name: string }[],
): Map<string, Candidate[]> {
  const found = new Map<string, Candidate[]>();
  for (const { file, name } of names) {
    for (let start = 0; start >= 0; start = name.indexOf("/", start) + 1 || -1) {
      const end = name.slice(start);
      if (!changed.has(end)) continue;
      const candidates = found.get(end) ?? [];
      if (candidates.length <= MAX_CANDIDATES) {
        candidates.push({ file, root: name.slice(0, start), folder: "" });
      }
      found.set(end, candidates);
    }
  }
  return found;
}

/** The candidate whose root the others are below: the checkout holds every file that was measured. */
function nearest(
  path: string,
  candidates: readonly Candidate[],
  folderOfReport: (name: string) => string,
): Candidate | "ambiguous" | "unknown" {
  const first = candidates.reduce((a, b) => b.root.length < a.root.length ? b : a);
  const isClear = candidates.length <= MAX_CANDIDATES &&
    candidates.every(({ file, root }) =>
      root === first.root ? file === first.file : root.startsWith(first.root)
    );
  if (!isClear) return "ambiguous";
  // `main.go` of the repository is not `cmd/main.go`, where the report has files beside `cmd/`.
  const isElsewhere = !path.includes("/") &&
    !folderOfReport(first.root + path).startsWith(first.root);
  return isElsewhere ? "unknown" : first;
}

/** For a name the folder that all names with the same first segment are in. */
function commonFolders(names: readonly string[]): (name: string) => string {
  const first = (name: string) => /^\/*[^/]*\//.exec(name)?.[0] ?? "";
  const folders = new Map<string, string>();
  for (const name of names) {
    const key = first(name);
    let folder = folders.get(key) ?? name.replace(/[^/]*$/, "");
    while (!name.startsWith(folder)) folder = folder.replace(/[^/]*\/$/, "");
    folders.set(key, folder);
  }
  return (name) => folders.get(first(name)) ?? "";
}

/**
 * Leaves out what cannot be together: two roots of which one is in the other, as the repository has
 * one; and a file of the report that two of the diff would be.
 */
function withoutContradictions(found: readonly (Candidate | "ambiguous" | "unknown")[]): Match[] {
  const matched = found.filter((one) => typeof one === "object");
  const roots = new Set(matched.filter(({ folder }) => folder === "").map(({ root }) => root));
  const folders = new Set(matched.filter(({ root }) => root === "").map(({ folder }) => folder));
  const isInOther = (path: string, others: ReadonlySet<string>) => {
    if (path === "") return false;
    if (others.has("") && !isAbsolute(path)) return true;
    const parent = path.slice(0, -1);
    for (let slash = parent.indexOf("/"); slash >= 0; slash = parent.indexOf("/", slash + 1)) {
      if (others.has(path.slice(0, slash + 1))) return true;
    }
    return false;
  };
  const kept = found.map((one) =>
    typeof one === "object" && (isInOther(one.root, roots) || isInOther(one.folder, folders))
      ? "unknown"
      : one
  );
  const claims = new Map<number, number>();
  for (const one of kept) {
    if (typeof one === "object") claims.set(one.file, (claims.get(one.file) ?? 0) + 1);
  }
  return kept.map((one) =>
    typeof one === "string" ? one : claims.get(one.file) === 1 ? one.file : "ambiguous"
  );
}
