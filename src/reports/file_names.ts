/** Names that files of a report can have on the system that the server runs on. */

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
