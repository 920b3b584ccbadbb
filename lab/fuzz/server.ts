/**
 * An application to send uploads to: a database and a reports folder of its own, no port.
 *
 * @module
 */
import { join } from "node:path";
import type { Sql } from "postgres";
import { type App, createApp } from "../../src/server.ts";
import { readConfig } from "../../src/config.ts";
import { CoverageThread } from "../../src/formats/parser_thread.ts";
import { connect } from "../../src/db/connect.ts";
import { startEmbedded } from "../../src/db/embedded.ts";
import { migrate, readMigrations } from "../../src/db/migrate.ts";
import { ReportStore } from "../../src/reports/store.ts";
import { type LogRecord, logTo } from "../../tests/support/log.ts";

/** So low that some inputs go past them. */
export const LIMITS = {
  maxUploadBytes: 1024 * 1024,
  maxReportBytes: 16 * 1024 * 1024,
  maxReportFiles: 2000,
  uploadConcurrency: 4,
  uploadSeconds: 3,
};

/** The application; dispose it to remove all it has. */
export interface FuzzServer extends AsyncDisposable {
  readonly app: App;
  readonly sql: Sql;
  /** Holds `parent` and nothing else. */
  readonly base: string;
  /** Holds `reports` and `canary` and nothing else. */
  readonly parent: string;
  readonly reports: string;
  /** What was logged since it was last emptied. */
  readonly log: LogRecord[];
}

/** What the canary file holds. */
export const CANARY = "untouched";

/** Starts an application, with a database of the Postgres at `DATABASE_URL` or an embedded one. */
export async function startServer(): Promise<FuzzServer> {
  const base = await Deno.makeTempDir({ prefix: "coverage-fuzz-" });
  const parent = join(base, "parent");
  const reports = join(parent, "reports");
  await Deno.mkdir(parent);
  await Deno.writeTextFile(join(parent, "canary"), CANARY);
  const database = await openOwnDatabase(Deno.env.get("DATABASE_URL"));
  await migrate(database.sql, await readMigrations());
  const store = await ReportStore.open(reports);
  const thread = new CoverageThread();
  const log: LogRecord[] = [];
  const config = { ...readConfig({ AUTH: "none" }), limits: LIMITS };
  const { sql } = database;
  return {
    app: createApp({ config, sql, store, readCoverage: thread.read, log: logTo(log) }),
    sql,
    base,
    parent,
    reports,
    log,
    async [Symbol.asyncDispose]() {
      thread[Symbol.dispose]();
      store[Symbol.dispose]();
      await database.drop();
      await Deno.remove(base, { recursive: true });
    },
  };
}

async function openOwnDatabase(
  address: string | undefined,
): Promise<{ sql: Sql; drop(): Promise<void> }> {
  if (!address) {
    const embedded = await startEmbedded();
    const sql = connect({ ...embedded.options, max: 1 });
    return {
      sql,
      async drop() {
        await sql.end({ timeout: 5 });
        await embedded.close();
      },
    };
  }
  const admin = connect(address);
  const name = `coverage_fuzz_${crypto.randomUUID().replaceAll("-", "")}`;
  await admin.unsafe(`create database ${name}`);
  const url = new URL(address);
  url.pathname = `/${name}`;
  const sql = connect(url.href);
  return {
    sql,
    async drop() {
      await sql.end({ timeout: 5 });
      await admin.unsafe(`drop database ${name} with (force)`);
      await admin.end({ timeout: 5 });
    },
  };
}
