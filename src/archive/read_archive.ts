/**
 * From the bytes of an upload to the entries that may be stored: gunzip, caps, long names, safe
 * paths. Nothing here writes to a disk.
 *
 * @module
 */
import { type TarStreamEntry, UntarStream } from "@std/tar";
import type { Limits } from "../config.ts";
import { clip, HttpError, quote, unprocessable } from "../errors.ts";
import { LongNames } from "./long_names.ts";
import { safePath } from "./safe_path.ts";
import { type ByteStream, capped, HeldStream, peek, sliced } from "../http/byte_stream.ts";

/** An entry that may be stored. */
export type SafeEntry =
  /** A folder. */
  | { readonly kind: "folder"; readonly path: string }
  /** A file; its body is read, or cancelled, before the next entry comes. It fails as the tar does. */
  | {
    readonly kind: "file";
    readonly path: string;
    readonly size: number;
    readonly body: ByteStream;
  }
  /** A symbolic link, which is never made. */
  | { readonly kind: "symlink"; readonly path: string };

/**
 * Bytes of gzip inflated at a time. What becomes of them is held in memory before any cap can count
 * it, and deflate makes up to 1,032 bytes of one: 16 MiB, where the chunks of a body have no limit.
 */
const GZIP_PIECE = 16 * 1024;

/** What is refused, by its type flag, in words. */
const REFUSED: Readonly<Record<string, string>> = {
  "1": "a hard link",
  "3": "a character device",
  "4": "a block device",
  "6": "a FIFO",
  "D": "an incremental backup's folder",
  "M": "a part of a file that began in another volume",
  "S": "a sparse file (made by tar's -S)",
};

/**
 * Reads a tar, gzipped or plain, as its first bytes say. Throws an `HttpError`: 422 for what is not
 * an archive, is damaged, or is unsafe; 413 past `maxReportBytes` or `maxReportFiles`. When it ends
 * without one, every byte up to the last checksum has been read and found right.
 */
export async function* readArchive(
  body: ByteStream,
  limits: Pick<Limits, "maxReportBytes" | "maxReportFiles">,
): AsyncGenerator<SafeEntry> {
  const { head, stream } = await peek(body, 4);
  const tooLarge = () =>
    new HttpError(
      413,
      `The report has more than ${limits.maxReportBytes} bytes unpacked, which is all that is allowed.`,
    );
  const tar = new HeldStream(capped(unzipped(head, stream), limits.maxReportBytes, {
    tooMany: tooLarge,
    failed: (cause) =>
      cause instanceof HttpError
        ? cause
        : unprocessable("The gzip of the archive is damaged, or followed by other data.", cause),
  }));
  const entries = tar.handout.pipeThrough(new UntarStream()).getReader();
  const names = new LongNames();
  let count = 0, announced = 0;
  let complete = false;
  try {
    while (true) {
      const { done, value } = await readingArchive(entries.read());
      if (done) break;
      const { typeflag, size } = value.header;
      if (LongNames.isMeta(typeflag)) {
        await readingArchive(names.take(typeflag, size, value.readable!));
        continue;
      }
      // What an entry says of itself is enough to refuse it; the cap above holds when it lied.
      announced += size;
      if (announced > limits.maxReportBytes) throw tooLarge();
      if (++count > limits.maxReportFiles) {
        throw new HttpError(
          413,
          `The report has more than ${limits.maxReportFiles} files and folders, which is all that is allowed.`,
        );
      }
      const entry = await safeEntry(names.resolve(value.path, size), value);
      if (entry) yield entry;
    }
    await tar.finish();
    if (count === 0) throw unprocessable("The archive is empty; it must hold the report.");
    complete = true;
  } finally {
    await entries.cancel().catch(() => {});
    if (!complete) await tar.abandon("the upload failed");
  }
}

/**
 * Waits for what reads the archive, or an entry's body. What the tar reader throws is about the
 * archive, a 422; our own refusals pass through untouched.
 */
export async function readingArchive<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof HttpError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw unprocessable(`The file is not a whole tar archive: ${clip(why)}.`, error);
  }
}

function unzipped(head: Uint8Array, stream: ByteStream): ByteStream {
  const [first, second] = head;
  if (first === undefined) throw unprocessable("The archive is empty: it has 0 bytes.");
  if (first === 0x1f && second === 0x8b) {
    return sliced(stream, GZIP_PIECE).pipeThrough(new DecompressionStream("gzip"));
  }
  const other = first === 0x50 && second === 0x4b
    ? "a zip"
    : first === 0xfd && second === 0x37
    ? "an xz file"
    : first === 0x28 && second === 0xb5
    ? "a zstd file"
    : first === 0x42 && second === 0x5a
    ? "a bzip2 file"
    : undefined;
  if (other) {
    throw unprocessable(`The file is ${other}; it must be a tar, gzipped or plain (tar -zcf).`);
  }
  return stream;
}

async function safeEntry(name: string, entry: TarStreamEntry): Promise<SafeEntry | undefined> {
  const { typeflag, size } = entry.header;
  if (typeflag === "V") { // the label of a volume, which is no file
    await entry.readable?.cancel();
    return undefined;
  }
  const path = safePath(name);
  // Archives older than the folder type mark one by a slash at the end of its name.
  const isFolder = typeflag === "5" || (typeflag === "0" && name.endsWith("/"));
  if (isFolder) {
    await entry.readable?.cancel();
    return { kind: "folder", path };
  }
  if (path === "") throw unprocessable(`The archive has an entry with an empty name.`);
  if (typeflag === "2") return { kind: "symlink", path };
  if (typeflag === "0" || typeflag === "7") { // 7: a file that was contiguous on its disk
    return {
      kind: "file",
      path,
      size,
      body: entry.readable as ByteStream,
    };
  }
  const what = REFUSED[typeflag] ?? `of the unknown type ${quote(typeflag)}`;
  throw unprocessable(
    `The archive has an entry that is no file or folder: ${quote(name)} is ${what}.`,
  );
}
