/**
 * From the bytes of an upload to the entries that may be stored: gunzip, caps, long names, safe
 * paths. Nothing here writes to a disk.
 */
import { type TarStreamEntry, UntarStream } from "@std/tar";
import type { Limits } from "../config.ts";
import { clip, HttpError, quote, unprocessable } from "../errors.ts";
import {
  type ByteStream,
  type Chunks,
  chunksOf,
  gathered,
  peek,
  readWhole,
  sliced,
} from "../http/byte_stream.ts";
import { type EntryNames, LongNames, sparseFile } from "./long_names.ts";
import { safePath } from "./safe_path.ts";

export type ReportLimits = Pick<Limits, "maxReportBytes" | "maxReportFiles">;

/** An entry that may be stored. */
export type ArchiveEntry =
  | { readonly kind: "folder"; readonly path: string }
  | FileEntry
  /** Never stored; the client gets a warning. */
  | { readonly kind: "symlink"; readonly path: string };

/** A file. Its content is read, one way or the other, before the next entry. */
export interface FileEntry {
  readonly kind: "file";
  readonly path: string;
  readonly size: number;
  /** All of it; throws 422 where the archive is damaged. */
  whole(): Promise<Uint8Array<ArrayBuffer>>;
  /** The same in chunks of 64 KiB or more. */
  chunks(): Chunks;
}

/**
 * Bytes of gzip inflated at a time. Deflate makes up to 1,032 bytes of one, and all of them are in
 * memory before any cap can count them: 16 MiB, where the chunks of a body have no limit.
 */
const GZIP_PIECE = 16 * 1024;

/** Published `@std/tar` hands out 512 bytes at a time: three times slower to write or to parse. */
const CHUNK = 64 * 1024;

/** Type flags that are rejected, in words. */
const REJECTED: Readonly<Record<string, string>> = {
  "3": "a character device",
  "4": "a block device",
  "6": "a FIFO",
  "D": "an incremental backup's folder",
  "M": "part of a file that began in another volume",
};

/** First bytes of other archives. */
const OTHER_ARCHIVES: readonly [start: readonly number[], name: string][] = [
  [[0x50, 0x4b, 0x03, 0x04], "a zip"],
  [[0x50, 0x4b, 0x05, 0x06], "a zip"],
  [[0xfd, 0x37, 0x7a, 0x58], "an xz file"],
  [[0x28, 0xb5, 0x2f, 0xfd], "a zstd file"],
  [[0x42, 0x5a, 0x68], "a bzip2 file"],
  [[0x37, 0x7a, 0xbc, 0xaf], "a 7z archive"],
  [[0x04, 0x22, 0x4d, 0x18], "an lz4 file"],
  [[0x52, 0x61, 0x72, 0x21], "a rar archive"],
  [[0x1f, 0x9d], "a compress file (.Z)"],
];
const GZIP = [0x1f, 0x8b];
const START_BYTES = 4;

/**
 * Reads a tar, gzipped or plain, as its first bytes say. Throws an `HttpError`: 422 for what is not
 * an archive, is damaged, or is unsafe; 413 past `maxReportBytes` or `maxReportFiles`. When it ends
 * without one, every byte up to the gzip's checksum has been read and verified.
 */
export async function* readArchive(
  body: ByteStream,
  { maxReportBytes, maxReportFiles }: ReportLimits,
): AsyncGenerator<ArchiveEntry> {
  const tooLarge = () =>
    new HttpError(413, `The report has more than ${maxReportBytes} bytes, unpacked.`);
  const readers: ReadableStreamDefaultReader[] = [];
  const open = <T>(stream: ReadableStream<T>) => {
    const reader = stream.getReader();
    readers.push(reader);
    return reader;
  };
  try {
    const packed = await peek(chunksOf(open(body)), START_BYTES);
    if (packed.head.byteLength === 0) throw unprocessable("The archive is empty: it has 0 bytes.");
    const isGzip = startsWith(packed.head, GZIP);
    const unpacked = open(isGzip ? gunzipped(packed.all) : ReadableStream.from(packed.all));
    const rest = capped(unpacked, maxReportBytes, tooLarge);
    const { head, all } = await peek(rest(), START_BYTES);
    if (isGzip && startsWith(head, GZIP)) {
      throw unprocessable(
        "The archive is gzipped twice; it must be a tar, gzipped once (tar -zcf).",
      );
    }
    rejectOther(head, isGzip ? "The gzip holds" : "The file is");
    const entries = open(ReadableStream.from(all).pipeThrough(new UntarStream()));
    const names = new LongNames();
    let count = 0, announced = 0;
    while (true) {
      const { done, value } = await reading(entries.read());
      if (done) break;
      const { typeflag, linkname } = value.header;
      const size = value.header.size || 0; // NaN: some writers leave the field of a folder empty
      if (LongNames.isMeta(typeflag)) {
        await reading(names.read(typeflag, size, value.readable!));
        continue;
      }
      // What an entry says of itself is enough to reject it; the cap above holds when it lied.
      announced += size;
      if (announced > maxReportBytes) throw tooLarge();
      if (++count > maxReportFiles) throw tooManyFiles(maxReportFiles);
      const entry = await safeEntry(names.resolve(value.path, { linkname, size }), size, value);
      if (entry) yield entry;
    }
    // UntarStream ends its source at the end of the tar, before the end of the gzip.
    for await (const _ of rest());
    if (count === 0) throw unprocessable("The archive is empty; it must hold the report.");
  } finally {
    // The body first: that ends the reads that are pending.
    for (const reader of readers) await reader.cancel().catch(() => {});
  }
}

/** Reads what is left of a stream. All that it reads has at most `maxBytes`. */
function capped(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  maxBytes: number,
  tooLarge: () => HttpError,
): () => Chunks {
  let bytes = 0;
  return async function* () {
    try {
      for await (const chunk of chunksOf(reader)) {
        bytes += chunk.byteLength;
        if (bytes > maxBytes) throw tooLarge();
        yield chunk;
      }
    } catch (error) {
      if (isOwn(error)) throw error;
      throw unprocessable("The gzip of the archive is damaged, or followed by other data.", error);
    }
  };
}

export function tooManyFiles(most: number): HttpError {
  return new HttpError(413, `The report has more than ${most} files and folders.`);
}

/** What the tar reader throws is about the archive, a 422; our own errors pass untouched. */
async function reading<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    if (isOwn(error)) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw unprocessable(`The file is not a whole tar archive: ${clip(why)}.`, error);
  }
}

/** What came from below the archive: an answer to the client, or a failure of the disk with its code. */
function isOwn(error: unknown): error is Error {
  return error instanceof HttpError || error instanceof Error && "code" in error;
}

function gunzipped(body: Chunks): ByteStream {
  const pieces = ReadableStream.from(sliced(body, GZIP_PIECE));
  return pieces.pipeThrough(new DecompressionStream("gzip"));
}

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, at) => bytes[at] === byte);
}

function rejectOther(head: Uint8Array, what: string): void {
  const other = OTHER_ARCHIVES.find(([start]) => startsWith(head, start));
  if (!other) return;
  throw unprocessable(`${what} ${other[1]}; it must be a tar, gzipped or plain (tar -zcf).`);
}

async function safeEntry(
  { name, target }: EntryNames,
  size: number,
  entry: TarStreamEntry,
): Promise<ArchiveEntry | undefined> {
  const { typeflag } = entry.header;
  if (typeflag === "V") { // the label of a volume, which is no file
    await entry.readable?.cancel();
    return undefined;
  }
  const path = safePath(name);
  // Archives older than the folder type mark one by a slash at the end of its name.
  if (typeflag === "5" || (typeflag === "0" && name.endsWith("/"))) {
    await entry.readable?.cancel();
    return { kind: "folder", path };
  }
  if (path === "") throw unprocessable("The archive has an entry with an empty name.");
  if (typeflag === "2") return { kind: "symlink", path };
  // 7: a file that was contiguous on its disk
  if (typeflag === "0" || typeflag === "7") return fileEntry(path, size, entry.readable!);
  if (typeflag === "1") {
    // What GNU tar makes of a file that is named twice, `tar -cf x.tar folder folder/file`.
    if (safePath(target) === path) return undefined;
    throw unprocessable(
      `The archive has a hard link, ${quote(name)} to ${quote(target)}; pack it with tar's ` +
        "--hard-dereference.",
    );
  }
  if (typeflag === "S") throw sparseFile(name);
  const what = REJECTED[typeflag] ?? `of the unknown type ${quote(typeflag)}`;
  throw unprocessable(
    `The archive has an entry that is neither file nor folder: ${quote(name)} is ${what}.`,
  );
}

function fileEntry(path: string, size: number, body: ReadableStream<Uint8Array>): FileEntry {
  return {
    kind: "file",
    path,
    size,
    whole: () => reading(readWhole(body, size)),
    async *chunks() {
      const chunks = gathered(body, Math.min(size, CHUNK));
      try {
        while (true) {
          const { done, value } = await reading(chunks.next());
          if (done) return;
          yield value;
        }
      } finally {
        await chunks.return(undefined);
      }
    },
  };
}
