/**
 * The text of an XML document, decoded by what its first bytes say.
 *
 * @module
 */
import { quote } from "../errors.ts";
import { CoverageError } from "./coverage.ts";

/** Characters without a tag's end in between that are still taken: about one tag, comment or text. */
const MAX_TOKEN = 16 * 1024 * 1024;
/**
 * Bytes in which the XML declaration must end to be looked at; given on in one piece, because the
 * published `@std/xml` does not take a DOCTYPE that comes in two.
 */
const HEAD = 16 * 1024;

/**
 * Decodes UTF-8, UTF-16 by its byte order mark, and what an XML declaration names otherwise. Bytes
 * that do not fit the encoding become U+FFFD: they stand in file names, and the numbers are ASCII.
 * Yields pieces of at most a chunk each; throws {@linkcode CoverageError} for an unknown encoding,
 * and for a token so long that a parser would have to hold it whole.
 */
export async function* decodeXml(
  bytes: AsyncIterable<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string> {
  let head: Uint8Array<ArrayBuffer> | undefined = new Uint8Array(0);
  let decoder = new TextDecoder();
  let token = 0;
  for await (let chunk of bytes) {
    if (head) {
      chunk = concat(head, chunk);
      if (chunk.byteLength < HEAD) {
        head = chunk;
        continue;
      }
      decoder = decoderOf(chunk);
      head = undefined;
    }
    const text = decoder.decode(chunk, { stream: true });
    const end = text.lastIndexOf(">");
    token = end < 0 ? token + text.length : text.length - end;
    if (token > MAX_TOKEN) {
      throw new CoverageError(
        `has a single tag, text or comment of more than ${MAX_TOKEN} characters`,
      );
    }
    yield text;
  }
  if (head) decoder = decoderOf(head);
  yield decoder.decode(head);
}

function decoderOf(head: Uint8Array): TextDecoder {
  if (head[0] === 0xff && head[1] === 0xfe) return new TextDecoder("utf-16le");
  if (head[0] === 0xfe && head[1] === 0xff) return new TextDecoder("utf-16be");
  const ascii = String.fromCharCode(...head.subarray(0, 1024));
  const declared = /^(?:\xef\xbb\xbf)?<\?xml\s[^>]*?\sencoding\s*=\s*["']([^"'>]*)["']/.exec(ascii)
    ?.[1];
  // Without a byte order mark a declaration that can be read as ASCII is not UTF-16, whatever it says.
  if (declared === undefined || /^utf-?16/i.test(declared)) return new TextDecoder();
  try {
    return new TextDecoder(declared);
  } catch {
    throw new CoverageError(`is in an unknown encoding, ${quote(declared)}`);
  }
}

function concat(
  first: Uint8Array<ArrayBuffer>,
  second: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  if (first.byteLength === 0) return second;
  const both = new Uint8Array(first.byteLength + second.byteLength);
  both.set(first);
  both.set(second, first.byteLength);
  return both;
}
