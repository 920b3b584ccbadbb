/** Packs a folder as an upload would have had it. */
import { createTarPacker } from "modern-tar";
import { join } from "node:path";
import type { ByteStream } from "../http/byte_stream.ts";

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
