/** Files and folders, of which any may be gone, and the names that they can have. */
import { join } from "node:path";
import type { ByteStream } from "../http/byte_stream.ts";
import type { ReportSize } from "../model/rows.ts";

/** Writes a file. Of a folder in its place Windows only says that it may not be written to. */
export async function writeFile(path: string, content: Uint8Array | ByteStream): Promise<void> {
  try {
    await Deno.writeFile(path, content);
  } catch (error) {
    if (Deno.build.os !== "windows") throw error;
    const isFolder = await Deno.stat(path).then((info) => info.isDirectory, () => false);
    throw isFolder ? new Deno.errors.IsADirectory(path, { cause: error }) : error;
  }
}

export async function* readFile(path: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  yield* (await Deno.open(path)).readable;
}

export async function removeTree(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch(ifGone);
}

/** What is in a folder; nothing where there is none. */
export async function listFolder(path: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(path));
  } catch (error) {
    ifGone(error);
    return [];
  }
}

export async function sizeOfTree(path: string): Promise<ReportSize> {
  let files = 0, bytes = 0;
  for (const { name, isDirectory } of await listFolder(path)) {
    const below = join(path, name);
    if (isDirectory) {
      const size = await sizeOfTree(below);
      files += size.files;
      bytes += size.bytes;
    } else {
      files++;
      bytes += (await Deno.lstat(below).catch(ifGone))?.size ?? 0;
    }
  }
  return { files, bytes };
}

export async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, (error) => {
    ifGone(error);
    return false;
  });
}

/** Turns "not found" into nothing, and lets every other failure through. */
export function ifGone(error: unknown): undefined {
  if (error instanceof Deno.errors.NotFound) return undefined;
  throw error;
}

/** Characters that no name has, or that lead elsewhere: to another stream, drive or folder. */
// deno-lint-ignore no-control-regex
const RESERVED = /[\x00-\x1f<>:"|?*\\/]/;
/** Devices have their names in every folder, whatever ending stands behind. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|$)/i;

/**
 * Whether a file can have this name and no other one means the same file. On Linux and macOS any name
 * will do; for Windows see "Naming Files, Paths, and Namespaces" in Microsoft's documentation.
 */
export function canBeNamed(name: string, os: string = Deno.build.os): boolean {
  return os !== "windows" || !(RESERVED.test(name) || DEVICE.test(name) || /[ .]$/.test(name));
}
