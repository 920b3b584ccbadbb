/**
 * An exported file into an empty database.
 *
 * @module
 */
import postgres, { type Sql, type TransactionSql } from "postgres";
import type { z } from "zod";
import { summariseAll } from "../db/repository_summary.ts";
import type { ByteStream } from "../http/byte_stream.ts";
import { clip, OperatorError, quote } from "../errors.ts";
import type { Amount } from "./export.ts";
import {
  anyHeader,
  type CoverageRow,
  coverageRow,
  EXPORT_VERSION,
  footer,
  header,
  type RepositoryRow,
  repositoryRow,
} from "./format.ts";
import { gunzippedLines, type Line } from "./lines.ts";
import { insertCoverages, insertRepositories, markNewest } from "./rows.ts";

/** Rows that are added by one statement. */
const BATCH = 1000;

/** What an import needs. */
export interface ImportOptions {
  /** This version's migrations, by name. */
  readonly schemas: readonly string[];
  /** Which branch stands for a repository. */
  readonly defaultBranches: readonly string[];
  /** Takes the identity that the database is about to have; a failure undoes the import. */
  readonly identified: (identity: string) => Promise<void>;
  /** Hears of each report that there is to be. */
  readonly stored: (reportId: string) => Promise<void>;
  /** Hears now and then how many uploads were added. */
  readonly progress: (coverages: number) => void;
}

/**
 * Adds what the file holds, in one transaction: all of it or nothing. Throws a sentence for the
 * operator where the database is not empty, the file is not whole or not ours, or of a newer
 * version. Holds a thousand rows in memory, however many there are.
 */
export async function importDatabase(
  sql: Sql,
  source: ByteStream,
  options: ImportOptions,
): Promise<Amount> {
  const amount = await sql.begin(async (tx) => {
    await tx`lock table repositories, coverages, identity in exclusive mode`;
    await refuseUnlessEmpty(tx);
    const lines = gunzippedLines(source);
    const identity = readHeader((await lines.next()).value, options.schemas);
    const amount = await addRows(tx, lines, options);
    await markNewest(tx);
    await continueIds(tx);
    await tx`update identity set id = ${identity}`;
    await options.identified(identity);
    return amount;
  });
  await summariseAll(sql, options.defaultBranches);
  // The embedded database has nobody else to look at what is new.
  await sql`analyze repositories, coverages`;
  return amount;
}

async function refuseUnlessEmpty(tx: TransactionSql): Promise<void> {
  const [there] = await tx<{ repositories: string; coverages: string }[]>`
    select (select count(*) from repositories) as repositories,
      (select count(*) from coverages) as coverages`;
  if (there!.repositories === "0" && there!.coverages === "0") return;
  throw new OperatorError(
    `The database has ${there!.repositories} repositories and ${
      there!.coverages
    } uploads already; ` +
      "an import needs an empty one.",
  );
}

function readHeader(line: Line | undefined | void, schemas: readonly string[]): string {
  const value = line && parsed(line);
  if (!line || !anyHeader.safeParse(value).success) {
    throw new OperatorError("The file is no export: its first line does not say so.");
  }
  const { version } = anyHeader.parse(value).export;
  if (version > EXPORT_VERSION) {
    throw new OperatorError(
      `The file is an export of version ${version}, made by a newer server; ` +
        `this one reads up to ${EXPORT_VERSION}.`,
    );
  }
  const { schema, identity } = valid(line, "the header", header, value).export;
  if (!schemas.includes(schema)) {
    throw new OperatorError(
      `The file was exported from a database of a newer version (${quote(schema)}); ` +
        `this one has ${schemas.at(-1)}.`,
    );
  }
  return identity;
}

/** Adds what follows the header, up to the last line. */
async function addRows(
  tx: TransactionSql,
  lines: AsyncIterable<Line>,
  { stored, progress }: ImportOptions,
): Promise<Amount> {
  const repositories = new Batch<RepositoryRow>((rows) => insertRepositories(tx, rows));
  const coverages = new Batch<CoverageRow>(async (rows) => {
    await insertCoverages(tx, rows);
    progress(coverages.count);
  });
  let last = 1;
  let isEnded = false;
  for await (const line of lines) {
    last = line.number;
    if (isEnded) throw new OperatorError(`Line ${last} of the file stands behind its end.`);
    const value = parsed(line);
    const [kind, ...others] = isRecord(value) ? Object.keys(value) : [];
    const content = isRecord(value) && kind !== undefined ? value[kind] : undefined;
    if (others.length > 0) throw unknownLine(line);
    if (kind === "repository" && coverages.count === 0) {
      await repositories.add(line, valid(line, "a repository", repositoryRow, content));
    } else if (kind === "coverage") {
      await repositories.flush(); // which the row refers to
      const row = valid(line, "an upload", coverageRow, content);
      await coverages.add(line, row);
      if (row.report_stored) await stored(row.report_id);
    } else if (kind === "end") {
      await repositories.flush();
      await coverages.flush();
      isEnded = true;
      const announced = valid(line, "the end", footer, content);
      const amount = { repositories: repositories.count, coverages: coverages.count };
      if (
        announced.repositories !== amount.repositories || announced.coverages !== amount.coverages
      ) {
        throw new OperatorError(
          `The file says that it has ${announced.repositories} repositories and ` +
            `${announced.coverages} uploads; it has ${amount.repositories} and ${amount.coverages}.`,
        );
      }
    } else throw unknownLine(line);
  }
  if (!isEnded) {
    throw new OperatorError(`The file was cut off: it ends behind line ${last}, without its end.`);
  }
  return { repositories: repositories.count, coverages: coverages.count };
}

/** Rows that wait for the others of their statement. */
class Batch<T extends { id: number }> {
  /** Rows that were taken. */
  count = 0;
  #rows: T[] = [];
  #first = 0;
  #last = 0;
  #lastId = 0;

  constructor(private readonly insert: (rows: readonly T[]) => Promise<void>) {}

  async add({ number }: Line, row: T): Promise<void> {
    if (row.id <= this.#lastId) {
      throw new OperatorError(
        `Line ${number} of the file has the id ${row.id} behind ${this.#lastId}; ids must count up.`,
      );
    }
    this.#lastId = row.id;
    if (this.#rows.length === 0) this.#first = number;
    this.#last = number;
    this.count++;
    this.#rows.push(row);
    if (this.#rows.length >= BATCH) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#rows.length === 0) return;
    const rows = this.#rows;
    this.#rows = [];
    try {
      await this.insert(rows);
    } catch (error) {
      // 22: a value that is none; 23: two active uploads of a branch, a repository that is not there.
      if (!(error instanceof postgres.PostgresError) || !/^2[23]/.test(error.code)) throw error;
      throw new OperatorError(
        `The database takes no lines ${this.#first} to ${this.#last} of the file: ` +
          `${error.message}${error.detail ? ` (${error.detail})` : ""}.`,
        { cause: error },
      );
    }
  }
}

function parsed({ number, text }: Line): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new OperatorError(`Line ${number} of the file is not JSON: ${(error as Error).message}.`);
  }
}

function valid<T>(line: Line, what: string, schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  const where = path.map(String).join(".");
  throw new OperatorError(
    `Line ${line.number} of the file is not ${what} as this version knows it: ` +
      `${where ? `${where}: ` : ""}${clip(message)}.`,
  );
}

function unknownLine({ number, text }: Line): OperatorError {
  return new OperatorError(`Line ${number} of the file has no place there: ${quote(text)}.`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** New rows get ids behind those of the file. */
async function continueIds(tx: TransactionSql): Promise<void> {
  await tx`
    select setval(pg_get_serial_sequence('repositories', 'id'), coalesce(max(id), 1), max(id) is not null)
    from repositories`;
  await tx`
    select setval(pg_get_serial_sequence('coverages', 'id'), coalesce(max(id), 1), max(id) is not null)
    from coverages`;
}
