// A folder of a test's own.
import { cp } from "node:fs/promises";
import { join } from "node:path";

/**
 * Makes a folder, named without a link on the way, and removes it with all that is in it when the test
 * is over; `parent` is where it is if not with temporary files.
 */
export async function withFolder<T>(
  test: (folder: string) => Promise<T>,
  parent?: string,
): Promise<T> {
  const folder = await Deno.realPath(await Deno.makeTempDir(parent ? { dir: parent } : {}));
  try {
    return await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * Puts an unused embedded database into a data folder, where `run.ts` has made one. A server that
 * has to make its own takes three seconds longer to start.
 */
export async function addDatabase(dataFolder: string): Promise<void> {
  const unused = Deno.env.get("UNUSED_DATABASE");
  if (unused) await cp(unused, join(dataFolder, "postgres"), { recursive: true });
}
