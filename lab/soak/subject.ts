/**
 * The server that is put to the test, and ways to look into what it stands on.
 *
 * @module
 */
import { join } from "node:path";
import type { Sql } from "postgres";
import type { Program } from "../bench/program.ts";
import { startServer } from "../bench/server.ts";
import { connect } from "../../src/db/connect.ts";
import type { Soak } from "./scenario.ts";

/** How it is set up. */
export interface Setup {
  /** Its Postgres; nothing: the embedded database. */
  readonly databaseUrl?: string | undefined;
  /** Where its data are; default: a folder of the scenario. */
  readonly dataDir?: string;
  /** Environment variables apart from the defaults. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A server with its data: it can be ended, and started anew on the same. */
export class Subject implements AsyncDisposable {
  readonly #setup: Setup;
  readonly #temporary: string;
  #program: Program | undefined;
  #starting: Promise<Program> | undefined;
  #isOver = false;
  /** The folder of its reports. */
  readonly reports: string;
  /** The folder of the embedded database and the reports. */
  readonly dataDir: string;

  /** Starts nothing yet. */
  constructor(soak: Soak, setup: Setup = {}) {
    this.#setup = setup;
    this.dataDir = setup.dataDir ?? join(soak.folder, "data");
    this.reports = join(this.dataDir, "reports");
    this.#temporary = join(soak.folder, "temporary");
    soak.keep(this);
  }

  /** Starts it, with other variables than before if need be; it answers then. */
  async start(environment: Readonly<Record<string, string>> = {}): Promise<Program> {
    if (this.#isOver) throw new Error("the scenario is over");
    return this.#program = await (this.#starting = this.#start(environment));
  }

  async #start(environment: Readonly<Record<string, string>>): Promise<Program> {
    // A killed server leaves the socket of its embedded database here.
    await Deno.remove(this.#temporary, { recursive: true }).catch(() => {});
    await Deno.mkdir(this.#temporary);
    return await startServer(this.dataDir, {
      DATABASE_URL: this.#setup.databaseUrl ?? "",
      TMPDIR: this.#temporary,
      NO_COLOR: "1",
      LOG_LEVEL: "warning",
      ...this.#setup.environment,
      ...environment,
    });
  }

  /** The process that runs. */
  get program(): Program {
    if (!this.#program) throw new Error("the server was not started");
    return this.#program;
  }

  /** Where it listens. */
  get address(): string {
    return this.program.address;
  }

  /**
   * Looks into its database with a client of its own. The embedded one is a single session, so that
   * the server must have nothing to do meanwhile.
   */
  async look<T>(with_: (sql: Sql) => Promise<T>): Promise<T> {
    const sql = connect(this.#setup.databaseUrl ?? { path: await this.#socket(), max: 1 });
    try {
      return await with_(sql);
    } finally {
      await sql.end({ timeout: 5 });
    }
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    const started = await this.#starting?.catch(() => undefined);
    await started?.[Symbol.asyncDispose]();
  }

  async #socket(): Promise<string> {
    for await (const { name } of Deno.readDir(this.#temporary)) {
      const path = join(this.#temporary, name, ".s.PGSQL.5432");
      if (await Deno.lstat(path).then(() => true, () => false)) return path;
    }
    throw new Error(`There is no socket of an embedded database in ${this.#temporary}`);
  }
}
