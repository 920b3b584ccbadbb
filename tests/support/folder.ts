/**
 * A folder of a test's own.
 *
 * @module
 */

/** Makes a folder, named without a link on the way, and removes it with all that is in it when the test is over. */
export async function withFolder<T>(test: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    return await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
