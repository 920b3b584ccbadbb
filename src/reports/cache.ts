/** Which reports are on a disk that is a cache, how large they are and when they were last used. */
import type { ReportSize } from "../model/rows.ts";

/** What was used so recently is being read or written: the parts of a page come one after the other. */
export const IN_USE_MS = 60_000;
/** What a file takes beside its content. */
const BYTES_PER_FILE = 4096;

interface Entry {
  readonly bytes: number;
  usedAt: number;
}

export class CacheIndex {
  readonly #entries = new Map<string, Entry>();
  readonly #now: () => number;
  #bytes = 0;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  ids(): string[] {
    return [...this.#entries.keys()];
  }

  /** Whether it is there. */
  used(id: string): boolean {
    const entry = this.#entries.get(id);
    if (entry) entry.usedAt = this.#now();
    return entry !== undefined;
  }

  add(id: string, { bytes, files }: ReportSize, usedAt = this.#now()): void {
    this.remove(id);
    const entry = { bytes: bytes + files * BYTES_PER_FILE, usedAt };
    this.#entries.set(id, entry);
    this.#bytes += entry.bytes;
  }

  remove(id: string): void {
    this.#bytes -= this.#entries.get(id)?.bytes ?? 0;
    this.#entries.delete(id);
  }

  /** The least recently used ones that must go so that the others take at most so many bytes. */
  over(maxBytes: number): string[] {
    if (this.#bytes <= maxBytes) return [];
    const before = this.#now() - IN_USE_MS;
    const unused = [...this.#entries].filter(([, { usedAt }]) => usedAt < before)
      .sort(([, one], [, other]) => one.usedAt - other.usedAt);
    const over: string[] = [];
    let bytes = this.#bytes;
    for (const [id, entry] of unused) {
      if (bytes <= maxBytes) break;
      over.push(id);
      bytes -= entry.bytes;
    }
    return over;
  }
}
