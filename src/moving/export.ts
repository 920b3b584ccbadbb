/**
 * A database as one file.
 *
 * @module
 */
import type { Sql, TransactionSql } from "postgres";
import { coverageColumns, EXPORT_VERSION, repositoryColumns } from "./format.ts";

/** Rows that are read at a time. */
const BATCH = 1000;

/** How much a file holds. */
export interface Amount {
  /** Repositories. */
  readonly repositories: number;
  /** Uploads, those superseded and deleted included. */
  readonly coverages: number;
}

/**
 * Writes the database as it is at one moment, whatever uploads come meanwhile, and closes `target`.
 * `schema` is its last migration. Holds a thousand rows in memory, however many there are.
 */
export async function exportDatabase(
  sql: Sql,
  target: WritableStream<Uint8Array>,
  { schema, progress }: { schema: string; progress: (coverages: number) => void },
): Promise<Amount> {
  return await sql.begin("isolation level repeatable read read only", async (tx) => {
    // Times in JSON are in the session's zone.
    await tx`set local time zone 'UTC'`;
    const amount = { repositories: 0, coverages: 0 };
    async function* lines() {
      yield await headerLine(tx, schema);
      for await (const rows of tableRows(tx, "repositories", repositoryColumns)) {
        amount.repositories += rows.length;
        yield rows.map((row) => `{"repository":${row}}\n`).join("");
      }
      for await (const rows of tableRows(tx, "coverages", coverageColumns)) {
        amount.coverages += rows.length;
        yield rows.map((row) => `{"coverage":${row}}\n`).join("");
        progress(amount.coverages);
      }
      yield `${JSON.stringify({ end: amount })}\n`;
    }
    await ReadableStream.from(lines())
      .pipeThrough(new TextEncoderStream())
      .pipeThrough(new CompressionStream("gzip"))
      .pipeTo(target);
    return amount;
  });
}

async function headerLine(tx: TransactionSql, schema: string): Promise<string> {
  const [row] = await tx<{ identity: string }[]>`select id as identity from identity`;
  const exported_at = new Date().toISOString();
  const header = { version: EXPORT_VERSION, schema, exported_at, identity: row!.identity };
  return `${JSON.stringify({ export: header })}\n`;
}

/** A table's rows as JSON, in the order of their ids. */
async function* tableRows(
  tx: TransactionSql,
  table: string,
  columns: readonly string[],
): AsyncGenerator<string[]> {
  for (let last = "0";;) {
    const rows = await tx<{ id: string; json: string }[]>`
      select id, row_to_json(line)::text as json
      from (select ${tx(columns)} from ${tx(table)} where id > ${last}::bigint
        order by id limit ${BATCH}) line`;
    if (rows.length === 0) return;
    yield rows.map(({ json }) => json);
    last = rows.at(-1)!.id;
  }
}
