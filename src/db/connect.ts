/** Opens the database: the operator's Postgres, or the embedded one. */
import postgres, { type Options, type Sql, type TransactionSql } from "postgres";
import { isDatabaseAway, NO_ANSWER, OperatorError } from "../errors.ts";
import { traced } from "../telemetry/spans.ts";
import { startEmbedded } from "./embedded.ts";
import { reconnecting } from "./reconnect.ts";

export interface Database {
  readonly sql: Sql;
  /** Whether it is the embedded one, which no other server can reach. */
  readonly embedded: boolean;
  /** Waits for what runs, up to 5 seconds, and closes everything. */
  close(): Promise<void>;
}

/** Seconds after which a statement is canceled, or counts as unanswered. */
const ANSWER_SECONDS = 15;

/** Connects to `url`, or starts the embedded database in `folder`. */
export async function openDatabase(
  options: { url?: string | undefined; folder: string },
): Promise<Database> {
  if (options.url !== undefined) {
    const sql = connect(options.url);
    return { sql, embedded: false, close: () => sql.end({ timeout: 5 }) };
  }
  const embedded = await startEmbedded(options.folder);
  // It is one session behind a socket: statements of two connections would mix.
  const sql = connect({ ...embedded.options, max: 1 });
  return {
    sql,
    embedded: true,
    async close() {
      await sql.end({ timeout: 5 });
      await embedded.close();
    },
  };
}

/** A client with this server's settings, for an address or with postgres.js options. */
export function connect(to: string | Options<Record<string, never>>): Sql {
  const common: Options<Record<string, never>> = {
    connect_timeout: 5,
    // A database that comes back must be found at the next request, not a minute later.
    backoff: (retries) => Math.min(0.1 * 2 ** retries, 2),
    onnotice() {},
  };
  return reconnecting((onclose) =>
    typeof to === "string"
      ? postgres(to, {
        ...common,
        onclose,
        // A statement that nobody waits for any more ends in the database too.
        connection: { statement_timeout: ANSWER_SECONDS * 1000 },
      })
      : postgres({ user: "postgres", database: "postgres", ...common, onclose, ...to })
  );
}

/** Runs statements that may take longer than a request waits for. */
export async function withoutTimeout<T>(
  sql: Sql,
  work: (tx: TransactionSql) => Promise<T>,
): Promise<T> {
  return await sql.begin(async (tx) => {
    await tx`set local statement_timeout = 0`;
    return await work(tx);
  }) as T;
}

/**
 * Waits for the database, but not forever: one that is paused, or behind a network that drops
 * packets, keeps its connections open and says nothing. Fails as a database that is away.
 */
export async function inTime<T>(answer: Promise<T>, seconds = ANSWER_SECONDS): Promise<T> {
  let timer: ReturnType<typeof setTimeout>;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `The database did not answer within ${seconds} seconds`;
      reject(Object.assign(new Error(message), { code: NO_ANSWER }));
    }, seconds * 1000);
  });
  return await traced("database", () => Promise.race([answer, tooLate]))
    .finally(() => clearTimeout(timer));
}

/** Wrong user, password, database or privilege. */
const REFUSAL = /^(28...|3D000|42501)$/;
const READ_ONLY = "25006";
const DISK_FULL = "53100";

/** A failure of the database as a sentence for the operator; any other error as it is. */
export function forOperator(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof OperatorError) return error;
  const sentence = sentenceFor(error);
  return sentence === undefined ? error : new OperatorError(sentence, { cause: error });
}

function sentenceFor(error: Error): string | undefined {
  const code = "code" in error ? String(error.code) : "";
  const { message } = error;
  if (isDatabaseAway(error)) {
    return `The database does not answer: ${message}. Is DATABASE_URL right?`;
  }
  if (REFUSAL.test(code)) return `The database refuses: ${message}. Is DATABASE_URL right?`;
  if (code === READ_ONLY) {
    return `The database is read-only: ${message}. If it is a standby, DATABASE_URL must name its primary.`;
  }
  return code === DISK_FULL ? `The database's disk is full: ${message}.` : undefined;
}
