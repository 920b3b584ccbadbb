/** Archives on their way to a bucket: packed from a folder, and written to a file. */
import { createTarPacker } from "modern-tar";
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { ByteStream } from "../http/byte_stream.ts";

/** A file with an archive. */
export interface ArchiveFile {
  readonly path: string;
  readonly bytes: number;
  /** In hex: the bucket refuses what has another one. */
  readonly sha256: string;
}

/** The gzipped tar of all files and folders in a folder; a file is opened when its turn comes. */
export function pack(folder: string): ByteStream {
  const { readable, controller } = createTarPacker();
  const add = async (path: string) => {
    for await (const { name, isDirectory } of Deno.readDir(join(folder, path))) {
      const below = path + name;
      if (isDirectory) {
        await controller.add({ name: `${below}/`, size: 0, type: "directory" }).close();
        await add(`${below}/`);
        continue;
      }
      const source = join(folder, below);
      const { size } = await Deno.stat(source);
      await (await Deno.open(source)).readable.pipeTo(controller.add({ name: below, size }));
    }
  };
  add("").then(() => controller.finalize(), (error) => controller.error(error));
  return (readable as ByteStream).pipeThrough(new CompressionStream("gzip"));
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
