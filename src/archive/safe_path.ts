/** The check that every name of an archive must pass. */
import { quote, unprocessable } from "../errors.ts";
import { canBeNamed } from "../reports/disk.ts";

const MAX_SEGMENT_BYTES = 255;
const MAX_PATH_BYTES = 4096;
/** Names in a path; every level costs each look at the report, and its removal, a call more. */
const MAX_DEPTH = 100;
const encoder = new TextEncoder();

/**
 * Where an entry of this name goes, relative to the report and with `/` between its segments; empty
 * for the report's own folder. `./` and doubled slashes are dropped, as `tar -x` does. Throws a 422
 * for a name that leads out of the report, here or on another system, and for one that no file of
 * this system can have.
 */
export function safePath(name: string, os: string = Deno.build.os): string {
  const unsafe = (why: string) =>
    unprocessable(`The archive has an unsafe entry, ${quote(name)}: ${why}.`);
  if (name.includes("\0")) throw unsafe("its name contains a NUL");
  if (isAbsolute(name)) throw unsafe("its path is absolute");
  // A backslash is part of a name here, but a separator to those who unpack on Windows.
  if (name.split(/[/\\]/).includes("..")) throw unsafe("its path contains ..");
  const segments = name.split("/").filter((segment) => segment !== "" && segment !== ".");
  for (const segment of segments) {
    const bytes = encoder.encode(segment).byteLength;
    if (bytes > MAX_SEGMENT_BYTES) {
      throw unsafe(`a name in it has ${bytes} bytes; at most ${MAX_SEGMENT_BYTES} are allowed`);
    }
    if (!canBeNamed(segment, os)) {
      throw unsafe(`the server's system, ${os}, has no file named ${quote(segment)}`);
    }
  }
  const path = segments.join("/");
  if (isAbsolute(path)) throw unsafe("its path is absolute"); // what stood behind a "./"
  const bytes = encoder.encode(path).byteLength;
  if (bytes > MAX_PATH_BYTES) {
    throw unsafe(`its path has ${bytes} bytes; at most ${MAX_PATH_BYTES} are allowed`);
  }
  if (segments.length > MAX_DEPTH) {
    throw unsafe(`its path has ${segments.length} names; at most ${MAX_DEPTH} are allowed`);
  }
  return path;
}

/** On this system or on Windows. */
function isAbsolute(path: string): boolean {
  return /^([A-Za-z]:)?[/\\]/.test(path);
}
