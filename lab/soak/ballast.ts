/**
 * Fills a disk.
 *
 * @module
 */
import { join } from "node:path";

/** A file that takes up all the room there was. */
export interface Ballast {
  /** Makes room. */
  remove(): Promise<void>;
}

/** Writes until nothing more goes in. */
export async function fillUp(folder: string): Promise<Ballast> {
  const path = join(folder, "ballast");
  using file = await Deno.open(path, { write: true, createNew: true });
  for (const size of [2 ** 20, 2 ** 12]) {
    const bytes = new Uint8Array(size);
    try {
      while (true) await file.write(bytes);
    } catch (error) {
      if ((error as { code?: string }).code !== "ENOSPC") throw error;
    }
  }
  return { remove: () => Deno.remove(path) };
}
