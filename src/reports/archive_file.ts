/** Archives that are made here: packed, and written to a file on their way to a bucket. */
import { createTarPacker } from "modern-tar";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type ByteStream, gathered } from "../http/byte_stream.ts";

/** Bytes that are compressed at a time. */
const PIECE = 64 * 1024;

/** A file with an archive. */
export interface ArchiveFile {
  readonly path: string;
  readonly bytes: number;
  /** In hex: the bucket refuses what has another one. */
  readonly sha256: string;
}

/** A file to pack; without `open` a folder. */
export interface PackedEntry {
  readonly path: string;
  readonly size: number;
  open?(): ReadableStream<Uint8Array> | Promise<ReadableStream<Uint8Array>>;
}

/** The gzipped tar of files and folders; a file is opened when its turn comes. */
export function pack(entries: Iterable<PackedEntry> | AsyncIterable<PackedEntry>): ByteStream {
  const { readable, controller } = createTarPacker();
  const addAll = async () => {
    for await (const { path, size, open } of entries) {
      if (open) {
        // Added before it is opened, so that a reader who leaves meanwhile leaves no file open.
        const content = controller.add({ name: path, size });
        await (await open()).pipeTo(content);
      } else {
        await controller.add({ name: `${path}/`, size: 0, type: "directory" }).close();
      }
    }
    controller.finalize();
  };
  addAll().catch((error) => controller.error(error));
  // Of headers and small files one by one, gzip makes a tenth more.
  const pieces = ReadableStream.from(gathered(readable, PIECE));
  return pieces.pipeThrough(new CompressionStream("gzip"));
}

/** All files and folders in a folder. */
export async function* entriesIn(folder: string, below = ""): AsyncGenerator<PackedEntry> {
  for await (const { name, isDirectory } of Deno.readDir(join(folder, below))) {
    const path = below + name;
    if (isDirectory) {
      yield { path, size: 0 };
      yield* entriesIn(folder, `${path}/`);
    } else {
      const source = join(folder, path);
      const { size } = await Deno.stat(source);
      yield { path, size, open: async () => (await Deno.open(source)).readable };
    }
  }
}

/** The same bytes, which also go to a file; `done` is told of it at their end. */
export function spooled(
  bytes: ByteStream,
  path: string,
  done: (file: ArchiveFile) => void,
): ByteStream {
  const hash = createHash("sha256");
  let file: Deno.FsFile, size = 0;
  return bytes.pipeThrough(
    new TransformStream({
      async start() {
        file = await Deno.open(path, { write: true, create: true, truncate: true });
      },
      async transform(chunk, controller) {
        hash.update(chunk);
        size += chunk.byteLength;
        try {
          for (let at = 0; at < chunk.byteLength;) at += await file.write(chunk.subarray(at));
        } catch (error) {
          file.close();
          throw error;
        }
        controller.enqueue(chunk);
      },
      flush() {
        file.close();
        done({ path, bytes: size, sha256: hash.digest("hex") });
      },
      cancel() {
        file.close();
      },
    }),
  );
}

/** Writes all of it to a file. */
export async function spool(bytes: ByteStream, path: string): Promise<ArchiveFile> {
  let written: ArchiveFile | undefined;
  for await (const _ of spooled(bytes, path, (file) => written = file));
  return written!;
}
