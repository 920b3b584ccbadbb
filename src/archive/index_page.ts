/** Which page of a report opens first. */

/**
 * Chooses the page while the entries pass: the shallowest `index.html`, else the shallowest
 * `coverage.html` (Go, Perl's Devel::Cover), else the only page there is.
 */
export class IndexPage {
  #best: { path: string; rank: number; depth: number } | undefined;
  readonly #pages = new Set<string>();

  add(path: string): void {
    if (!/\.html?$/i.test(path) || isAppleDouble(path)) return;
    if (this.#pages.size < 2) this.#pages.add(path); // only "one" and "several" differ
    const rank = /(^|\/)index\.html?$/i.test(path)
      ? 0
      : /(^|\/)coverage\.html?$/i.test(path)
      ? 1
      : 2;
    const candidate = { path, rank, depth: path.split("/").length };
    if (!this.#best || isBefore(candidate, this.#best)) this.#best = candidate;
  }

  /** The page's path in the report; null where none stands out: the listing is better. */
  result(): string | null {
    if (!this.#best || (this.#best.rank === 2 && this.#pages.size > 1)) return null;
    return this.#best.path;
  }
}

/** macOS's tar puts `._name` beside a file, with what its file system knows of it. */
export function isAppleDouble(path: string): boolean {
  return /(^|\/)\._[^/]*$/.test(path);
}

type Candidate = { path: string; rank: number; depth: number };

function isBefore(a: Candidate, b: Candidate): boolean {
  if (a.rank !== b.rank) return a.rank < b.rank;
  return a.depth !== b.depth ? a.depth < b.depth : a.path < b.path;
}
