/**
 * `export <file>`: the database as one file, which `import` takes.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import { readMigrations } from "../db/migrate.ts";
import { exportDatabase } from "../moving/export.ts";
import { OperatorError } from "../errors.ts";
import type { Command } from "./command.ts";
import { withDatabase } from "./with_database.ts";
import { createProgress } from "./progress.ts";

/** The command. */
export const exportCommand: Command = {
  usage: "<file> | -",
  summary: "Writes the database, without the reports, into a new file or to the standard output",
  async run([path, ...more]) {
    if (!path || more.length > 0) {
      throw new OperatorError(
        "Name one file to write, like coverage.jsonl.gz, or - for the output.",
      );
    }
    if (path !== "-") await refuseToOverwrite(path);
    const { repositories, coverages } = await withDatabase(async ({ sql }) => {
      const schema = (await readMigrations()).at(-1)!.name;
      const progress = createProgress((count) => `${count} uploads exported so far`);
      const write = (target: WritableStream<Uint8Array>) =>
        exportDatabase(sql, target, { schema, progress });
      return path === "-"
        ? await write(into(Deno.stdout, "The standard output"))
        : await writeWhole(path, write);
    });
    const where = path === "-" ? "the standard output" : path;
    console.error(`${repositories} repositories and ${coverages} uploads are in ${where}.`);
  },
};

async function refuseToOverwrite(path: string): Promise<void> {
  const isThere = await Deno.lstat(path).then(() => true, (error) => {
    if (error instanceof Deno.errors.NotFound) return false;
    throw cannotWrite(path, error);
  });
  if (isThere) throw new OperatorError(`${path} is there already; name a new file.`);
}

/** Writes beside the file and renames, so that what has its name is whole. Only the user may read it. */
async function writeWhole<T>(
  path: string,
  write: (target: WritableStream<Uint8Array>) => Promise<T>,
): Promise<T> {
  const temporary = await Deno.makeTempFile({
    dir: dirname(path),
    prefix: `${basename(path)}.`,
    suffix: ".part",
  }).catch((error) => {
    throw cannotWrite(path, error);
  });
  try {
    using file = await Deno.open(temporary, { write: true });
    const result = await write(into(file, path));
    await file.sync();
    await Deno.rename(temporary, path);
    return result;
  } catch (error) {
    await Deno.remove(temporary);
    throw error;
  }
}

/**
 * Writes into what stays open: a file is still to be synchronised. A failure says that it was this one,
 * and not the database, whose connections fail with the same codes.
 */
function into(
  target: { write(bytes: Uint8Array): Promise<number> },
  name: string,
): WritableStream<Uint8Array> {
  return new WritableStream({
    async write(bytes) {
      try {
        for (let written = 0; written < bytes.byteLength;) {
          written += await target.write(bytes.subarray(written));
        }
      } catch (error) {
        throw cannotWrite(name, error);
      }
    },
  });
}

function cannotWrite(name: string, error: unknown): OperatorError {
  return new OperatorError(`${name} cannot be written: ${(error as Error).message}.`, {
    cause: error,
  });
}
