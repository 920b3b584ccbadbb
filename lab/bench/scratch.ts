/**
 * Folders that are gone when the measurement is over.
 *
 * @module
 */

/** A folder of one's own; dispose it to remove it with all it holds. */
export interface Scratch extends AsyncDisposable {
  /** Its absolute path. */
  readonly folder: string;
}

/** Makes an empty folder in `dir`; without it, where the system has its temporary files. */
export async function makeScratch(dir?: string): Promise<Scratch> {
  const folder = await Deno.makeTempDir({ prefix: "coverage-bench-", ...(dir ? { dir } : {}) });
  return {
    folder,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** Where Linux has a file system in memory; nothing where it is missing or not writable. */
export async function memoryFolder(): Promise<string | undefined> {
  const folder = "/dev/shm";
  try {
    await using _ = await makeScratch(folder);
    return folder;
  } catch {
    return undefined;
  }
}
