/** What a scenario is given, what it gives, and the server that it is done to. */
import { join } from "node:path";
import postgres, { type Sql } from "postgres";
import { connect } from "../../src/db/connect.ts";
import type { RunningServer } from "../../tests/support/server.ts";
import { memoryOf, openFilesOf, startWith, until } from "../support/server.ts";

/** Something bad that is done to a server, and what is found afterwards. */
export type Scenario = (soak: Soak) => Promise<Outcome>;

export interface Outcome {
  /** What was done, with counts. */
  readonly did: string;
  /** A sentence for each thing that is not as it must be; none: passed. */
  readonly problems: readonly string[];
}

export interface Soak {
  readonly kills: number;
  /** What the length of an outage or a flood follows from. */
  readonly seconds: number;
  /** A folder of the scenario's own. */
  readonly folder: string;
  /** What is disposed when the scenario is over or interrupted; the last first. */
  readonly used: AsyncDisposableStack;
}

/** A scenario cannot run on this machine; the message says what it lacks. */
export class Skipped extends Error {}

/** A file that is being read, a connection just made. */
const MORE_FILES = 8;
/** What caches and pools may take. */
const MORE_MEGABYTES = 250;
/** Until connections whose clients have gone are closed. */
const SETTLE_SECONDS = 40;
/** Attempts of `look` at an embedded database. */
const LOOKS = 5;

/** A server with its data: it can be ended, and started again on the same. */
export class Server implements AsyncDisposable {
  readonly reports: string;
  readonly #temporary: string;
  readonly #environment: Record<string, string>;
  #running: RunningServer | undefined;
  #starting: Promise<RunningServer> | undefined;

  /** Starts nothing yet. */
  constructor(soak: Soak, environment: Record<string, string> = {}) {
    this.#temporary = join(soak.folder, "temporary");
    this.#environment = {
      DATA_DIR: join(soak.folder, "data"),
      TMPDIR: this.#temporary,
      LOG_LEVEL: "warning",
      ...environment,
    };
    this.reports = join(this.#environment.DATA_DIR!, "reports");
    soak.used.use(this);
  }

  async start(): Promise<void> {
    // A killed server leaves the socket of its embedded database here.
    await Deno.remove(this.#temporary, { recursive: true }).catch(() => {});
    await Deno.mkdir(this.#temporary);
    this.#running = await (this.#starting = startWith(this.#environment));
  }

  get process(): RunningServer {
    return this.#running!;
  }

  get address(): string {
    return this.process.address;
  }

  /**
   * Looks into its database with a client of its own. The embedded one is a single session, so that
   * the server must have nothing to do meanwhile. Where a statement of its retention at the start
   * comes between after all, it looks again.
   */
  async look<T>(at: (sql: Sql) => Promise<T>): Promise<T> {
    const url = this.#environment.DATABASE_URL;
    for (let left = LOOKS;; left--) {
      const sql = connect(url ? url : { path: this.#socket(), max: 1 });
      try {
        return await at(sql);
      } catch (error) {
        if (url || left === 1 || !(error instanceof postgres.PostgresError)) throw error;
      } finally {
        await sql.end({ timeout: 5 });
      }
    }
  }

  /** Resident memory and open files. */
  footprint(): { megabytes: number; files: number } {
    const { pid } = this.process;
    return { megabytes: Math.round(memoryOf(pid).resident / 1e6), files: openFilesOf(pid) };
  }

  /** What it takes more of than before, once its clients have gone. */
  async grown(before: ReturnType<Server["footprint"]>): Promise<string[]> {
    const mostFiles = before.files + MORE_FILES, most = before.megabytes + MORE_MEGABYTES;
    await until(() => this.footprint().files <= mostFiles, SETTLE_SECONDS);
    const { files, megabytes } = this.footprint();
    return [
      ...files > mostFiles ? [`${files} files are open, at most ${mostFiles} may be`] : [],
      ...megabytes > most ? [`it takes ${megabytes} MB, at most ${most} are expected`] : [],
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#starting?.catch(() => undefined))?.stop("SIGKILL");
  }

  #socket(): string {
    const [folder] = [...Deno.readDirSync(this.#temporary)];
    return join(this.#temporary, folder!.name, ".s.PGSQL.5432");
  }
}
