/**
 * Stands in for `jsr:@std/tar` where JSR cannot be reached: `TarStream` for files, with the published
 * limits, written from the public documentation and POSIX' description of ustar.
 *
 * @module
 */

const BLOCK = 512;
const encoder = new TextEncoder();

export interface TarStreamFile {
  type: "file";
  /** Relative to the archive. */
  path: string;
  /** Bytes of the content. */
  size: number;
  readable: ReadableStream<Uint8Array>;
}

export type TarStreamInput = TarStreamFile;

/** Turns files into the bytes of a tar archive. */
export class TarStream implements TransformStream<TarStreamInput, Uint8Array<ArrayBuffer>> {
  #files = new TransformStream<TarStreamInput, TarStreamInput>();
  #bytes = ReadableStream.from(archive(this.#files.readable));

  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#bytes;
  }

  get writable(): WritableStream<TarStreamInput> {
    return this.#files.writable;
  }
}

/** Throws for a path that a ustar header has no room for: 100 bytes, or 155, a slash and 100. */
export function assertValidPath(path: string): void {
  splitPath(path);
}

async function* archive(
  files: ReadableStream<TarStreamInput>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const { path, size, readable } of files) {
    yield header(path, size);
    let bytes = 0;
    for await (const chunk of readable) {
      bytes += chunk.byteLength;
      yield chunk as Uint8Array<ArrayBuffer>;
    }
    if (bytes !== size) {
      throw new RangeError(`Cannot add ${path} to the tar archive: ${bytes} bytes, not ${size}`);
    }
    yield new Uint8Array(-size & (BLOCK - 1));
  }
  yield new Uint8Array(2 * BLOCK);
}

function header(path: string, size: number): Uint8Array<ArrayBuffer> {
  if (!(size >= 0 && size <= 8 ** 11)) throw new RangeError(`The size of ${path} is ${size} bytes`);
  const block = new Uint8Array(BLOCK);
  const [prefix, name] = splitPath(path);
  block.set(name);
  block.set(prefix, 345);
  const write = (at: number, text: string) => block.set(encoder.encode(text), at);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  write(100, `${octal(0o644, 6)} \0${octal(0, 6)} \0${octal(0, 6)} \0`); // mode, owner, group
  write(124, `${octal(size, 11)} ${octal(Math.floor(Date.now() / 1000), 11)} `);
  write(148, " ".repeat(8)); // the checksum counts itself as blanks
  write(156, "0");
  write(257, "ustar\x0000");
  write(148, `${octal(block.reduce((sum, byte) => sum + byte), 6)}\0 `);
  return block;
}

/** The prefix and the name. */
function splitPath(path: string): [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>] {
  const bytes = encoder.encode(path);
  if (bytes.byteLength <= 100) return [new Uint8Array(0), bytes];
  const slash = bytes.indexOf("/".charCodeAt(0), bytes.byteLength - 101);
  if (slash < 1 || slash > 155) {
    throw new RangeError(`Cannot add to the tar archive: ${path} is too long`);
  }
  return [bytes.subarray(0, slash), bytes.subarray(slash + 1)];
}
