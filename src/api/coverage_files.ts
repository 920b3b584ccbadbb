/** Reads the coverage files and the diff of an upload, and unites those of its parts. */
import { quote, unprocessable } from "../errors.ts";
import type { PartCoverage, UnitedParts } from "../db/add_coverage.ts";
import { type Coverage, CoverageError, type ParsedCoverage } from "../formats/coverage.ts";
import { GO_STATEMENTS } from "../formats/go_cover.ts";
import type { ReadCoverage } from "../formats/read_coverage.ts";
import { type CoverageFile, uniteCoverage, uniteFiles } from "../formats/union.ts";
import type { PatchResult } from "../model/rows.ts";
import { linesOf, type LineStore } from "../reports/file_lines.ts";
import type { ReportStore, StagedReport } from "../reports/store.ts";
import { patchCoverage } from "../diff/patch_coverage.ts";
import { DiffError, readDiff } from "../diff/unified_diff.ts";

type Bytes = AsyncIterable<Uint8Array<ArrayBuffer>>;

const NEWLINE = new TextEncoder().encode("\n");

/**
 * Reads the coverage files of a report that is being unpacked: one that is written is read while what
 * follows it in the archive is unpacked. One at a time, because each may have megabytes in memory.
 */
export class CoverageFileReader implements AsyncDisposable {
  readonly #staged: Pick<StagedReport, "readFile">;
  readonly #readCoverage: ReadCoverage;
  readonly #begun = new Map<string, { coverage: Promise<ParsedCoverage>; stop: AbortController }>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(staged: Pick<StagedReport, "readFile">, readCoverage: ReadCoverage) {
    this.#staged = staged;
    this.#readCoverage = readCoverage;
  }

  /** Begins to read a file that was written; again where it was written again. */
  begin(path: string): void {
    this.#begun.get(path)?.stop.abort();
    const stop = new AbortController();
    const coverage = this.#last.then(() => this.#readCoverage(this.#bytesOf(path, stop.signal)));
    this.#begun.set(path, { coverage, stop });
    this.#last = coverage.catch(() => {}); // who asks for the file is told
  }

  /**
   * The coverage of these files, of several their union. All of them were begun. Throws a 422 that
   * names the file which cannot be read.
   */
  async read(paths: readonly string[]): Promise<ParsedCoverage> {
    for (const [path, { stop }] of this.#begun) {
      if (!paths.includes(path)) stop.abort();
    }
    const parsed: CoverageFile[] = [];
    for (const path of paths) {
      const file = `The coverage file ${quote(path)}`;
      const coverage = await described(file, () => this.#begun.get(path)!.coverage);
      if (paths.length > 1 && coverage.lines === null) {
        throw unprocessable(
          `${file} is a summary without lines (${coverage.total.format}), which cannot be united ` +
            "with others.",
        );
      }
      parsed.push({ file: path, ...coverage });
    }
    return await described("The union of the coverage files", async () => {
      const united = uniteFiles(parsed);
      if (!areGoProfiles(parsed.map(({ total }) => total))) return united;
      const profiles = paths.map((path) => this.#staged.readFile(path));
      return { ...united, total: await statementsOf(profiles, this.#readCoverage) };
    });
  }

  /** Stops what is still being read, and waits until it has. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { stop } of this.#begun.values()) stop.abort();
    await this.#last;
  }

  async *#bytesOf(path: string, stopped: AbortSignal): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    stopped.throwIfAborted();
    for await (const chunk of this.#staged.readFile(path)) {
      stopped.throwIfAborted();
      yield chunk;
    }
  }
}

/**
 * The coverage of all parts of a commit, whose lines are stored beside the report of the last one, and
 * of its patch; `own` is that of the last part. Throws a 422 where a part has no lines.
 */
export async function uniteParts(
  parts: readonly PartCoverage[],
  { reportId, own, ...from }: LineStore & { reportId: string; own: PatchResult },
): Promise<UnitedParts> {
  const { store, readCoverage } = from;
  const parsed = await Promise.all(
    parts.map(async (part) => ({ total: part.coverage, lines: await linesOf(part, from) ?? null })),
  );
  const withoutLines = parts.find((_, at) => parsed[at]?.lines === null);
  if (withoutLines && parts.length > 1) {
    throw unprocessable(
      `Part ${quote(withoutLines.part)} is a summary without lines ` +
        `(${withoutLines.coverage.format}), which cannot be united with others.`,
    );
  }
  return await described("The union of the parts", async () => {
    const { total, lines } = uniteCoverage(parsed);
    if (lines) await store.writeLines(reportId, lines, "union");
    const patch = await patchOfParts(parts, lines, { store, own });
    if (!areGoProfiles(parts.map(({ coverage }) => coverage))) return { coverage: total, ...patch };
    const profiles = parts.flatMap(({ report_id, coverage_files }) =>
      coverage_files.map((path) => store.readFile(report_id, path))
    );
    return { coverage: await statementsOf(profiles, readCoverage), ...patch };
  });
}

function areGoProfiles(totals: readonly Coverage[]): boolean {
  return totals.length > 1 && totals.every(({ format }) => format === GO_STATEMENTS);
}

/**
 * The total of several Go profiles, as Go's tools count it. Blocks have statements, lines have none,
 * so the profiles are read as the one that they make together.
 */
async function statementsOf(
  profiles: readonly Bytes[],
  readCoverage: ReadCoverage,
): Promise<Coverage> {
  async function* whole() {
    for (const profile of profiles) {
      yield* profile;
      yield NEWLINE;
    }
  }
  return (await readCoverage(whole())).total;
}

/** What is wrong with a coverage file becomes a 422 about it. */
async function described<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CoverageError)) throw error;
    throw unprocessable(`${what} ${error.message}.`, error);
  }
}

const NO_PATCH: PatchResult = { patch: null, patch_reason: null };

/** Whatever is wrong with a diff is the reason why there is no patch, and fails no upload. */
export async function readPatch(
  diff: { readonly path: string } | { readonly reason: string } | undefined,
  readFile: (path: string) => AsyncIterable<Uint8Array<ArrayBuffer>>,
  { lines, sourceRoots }: Pick<ParsedCoverage, "lines" | "sourceRoots">,
): Promise<PatchResult> {
  if (!diff) return NO_PATCH;
  const without = (patch_reason: string) => ({ patch: null, patch_reason });
  if ("reason" in diff) return without(diff.reason);
  if (!lines) {
    return without("The coverage file has only totals, so nothing is known of single lines.");
  }
  try {
    const changed = await readDiff(readFile(diff.path));
    return { patch: patchCoverage(changed, lines, sourceRoots), patch_reason: null };
  } catch (error) {
    if (!(error instanceof DiffError)) throw error;
    return without(`The diff ${quote(diff.path)} ${error.message}.`);
  }
}

/**
 * The patch of a commit's parts, from the diff of the newest part that has one; `own` says why that of
 * the newest part is missing.
 */
async function patchOfParts(
  parts: readonly PartCoverage[],
  lines: ParsedCoverage["lines"],
  { store, own }: { store: Pick<ReportStore, "readFile">; own: PatchResult },
): Promise<PatchResult> {
  const newest = parts.filter(({ diff_file }) => diff_file !== null)
    .reduce<PartCoverage | undefined>(
      (one, other) => one && one.created_at > other.created_at ? one : other,
      undefined,
    );
  if (!newest) return own;
  return await readPatch(
    { path: newest.diff_file! },
    (path) => store.readFile(newest.report_id, path),
    { lines, sourceRoots: [...new Set(parts.flatMap(({ source_roots }) => source_roots))] },
  );
}
