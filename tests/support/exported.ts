/**
 * Exports, whole and spoilt.
 *
 * @module
 */
import type { Sql } from "postgres";
import { readMigrations } from "../../src/db/migrate.ts";
import { exportDatabase } from "../../src/moving/export.ts";
import { importDatabase, type ImportOptions } from "../../src/moving/import.ts";
import { DEFAULT_BRANCHES } from "./seed.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const schemas = (await readMigrations()).map(({ name }) => name);

/** The database's export. */
export async function exported(sql: Sql): Promise<Bytes> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>();
  const bytes = new Response(readable).bytes();
  const options = { schema: schemas.at(-1)!, progress: () => {} };
  await exportDatabase(sql, writable, options);
  return await bytes;
}

/** Imports an export. */
export async function imported(sql: Sql, bytes: Bytes, options: Partial<ImportOptions> = {}) {
  return await importDatabase(sql, new Blob([bytes]).stream(), {
    schemas,
    defaultBranches: DEFAULT_BRANCHES,
    identified: async () => {},
    stored: async () => {},
    progress: () => {},
    ...options,
  });
}

/** Leaves the database as a new one is. */
export async function emptyTables(sql: Sql): Promise<void> {
  await sql`truncate repositories, coverages restart identity`;
  await sql`update identity set id = gen_random_uuid()`;
}

/** The text of an export. */
export async function gunzipped(bytes: Bytes): Promise<string> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return await new Response(stream).text();
}

/** An export of that text. */
export async function gzipped(content: string | Bytes): Promise<Bytes> {
  const stream = new Blob([content]).stream().pipeThrough(new CompressionStream("gzip"));
  return await new Response(stream).bytes();
}
