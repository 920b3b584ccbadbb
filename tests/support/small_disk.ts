// A disk that is soon full, or can no longer be written.

/** A file system in memory; dispose it to take it away with all it holds. */
export interface SmallDisk extends AsyncDisposable {
  readonly folder: string;
  /** Lets nobody open anything to write any more, or lets them again. */
  writable(is: boolean): Promise<void>;
}

/** A disk of so many MiB; `undefined` where this user may not mount one. */
export async function smallDisk(mebibytes: number): Promise<SmallDisk | undefined> {
  const folder = await Deno.makeTempDir({ prefix: "coverage-disk-" });
  if (!await run("mount", "-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", folder)) {
    await Deno.remove(folder);
    return undefined;
  }
  const view = `${folder}-view`;
  return {
    folder,
    async writable(is) {
      // A disk with files open to write cannot be made read-only, but a read-only view of it, made
      // where nobody writes, can be laid over it.
      await Deno.mkdir(view, { recursive: true });
      const done = is
        ? await run("umount", "--lazy", folder)
        : await run("mount", "--bind", folder, view) &&
          await run("mount", "-o", "remount,bind,ro", view) &&
          await run("mount", "--move", view, folder);
      if (!done) throw new Error(`${folder} cannot be made ${is ? "writable" : "read-only"}`);
    },
    async [Symbol.asyncDispose]() {
      // Lazily: what a process that is just ending still has open goes with it.
      while (await run("umount", "--lazy", folder));
      await Deno.remove(folder);
      await Deno.remove(view).catch(() => {}); // it is only there where it was needed
    },
  };
}

/** A test on a disk of so many MiB; ignored, with the reason in its name, where none can be mounted. */
export async function diskTest(
  name: string,
  mebibytes: number,
  test: (disk: SmallDisk) => Promise<void>,
): Promise<void> {
  const canMount = await smallDisk(1).then(async (disk) => {
    await disk?.[Symbol.asyncDispose]();
    return disk !== undefined;
  });
  Deno.test({
    name: canMount ? name : `${name} (needs the right to mount a tmpfs)`,
    ignore: !canMount,
    async fn() {
      await using disk = (await smallDisk(mebibytes))!;
      await test(disk);
    },
  });
}

async function run(command: string, ...args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args, stdout: "null", stderr: "null" }).output())
      .success;
  } catch {
    return false;
  }
}
