/** The text of a document, decoded by what its first bytes say. */
import { Buffer } from "node:buffer";
import { quote } from "../errors.ts";
import { CoverageError } from "./coverage.ts";

const encoder = new TextEncoder();

/** The encoding: UTF-8, UTF-16 by its byte order mark, or what an XML declaration names. */
export function encodingOf(head: Uint8Array): string {
  const utf16 = utf16Of(head);
  if (utf16) return utf16;
  const ascii = String.fromCharCode(...head.subarray(0, 1024));
  const declared = /^(?:\xef\xbb\xbf)?<\?xml\s[^>]*?\sencoding\s*=\s*["']([^"'>]*)["']/.exec(ascii)
    ?.[1];
  // Without a byte order mark a declaration that can be read as ASCII is not UTF-16, whatever it says.
  if (declared === undefined || /^utf-?16/i.test(declared)) return "utf-8";
  try {
    return new TextDecoder(declared).encoding;
  } catch {
    throw new CoverageError(`is in an unknown encoding, ${quote(declared)}`);
  }
}

function utf16Of(head: Uint8Array): string | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be";
  return undefined;
}

/** Bytes that do not fit the encoding become U+FFFD: they stand in names, and the numbers are ASCII. */
export async function* decoded(
  bytes: AsyncIterable<Uint8Array<ArrayBuffer>>,
  encoding: string,
): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of bytes) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

/**
 * The bytes of UTF-8, one character each: names that are not UTF-8 stay apart that way, and
 * {@linkcode decodeName} makes text of them. UTF-16, as PowerShell's `>` writes it, is made UTF-8.
 */
export async function* binary(
  bytes: AsyncIterable<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined;
  let isFirst = true;
  for await (let chunk of bytes) {
    const utf16 = isFirst && utf16Of(chunk);
    if (utf16) decoder = new TextDecoder(utf16);
    if (decoder) chunk = encoder.encode(decoder.decode(chunk, { stream: true }));
    const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString("latin1");
    yield isFirst ? text.replace(/^\xef\xbb\xbf/, "") : text;
    isFirst = false;
  }
}

/** The text of bytes that {@linkcode binary} gave: UTF-8, or Latin-1 where they are none. */
export function decodeName(name: string): string {
  // deno-lint-ignore no-control-regex
  if (/^[\x00-\x7f]*$/.test(name)) return name;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(name, "latin1"));
  } catch {
    return name;
  }
}
