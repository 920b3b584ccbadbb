/**
 * A Postgres of a scenario's own, to restart, to pause and to fill.
 *
 * @module
 */
import { join } from "node:path";
import { giveToPostgres, runAsPostgres } from "./command.ts";
import { Skipped } from "./scenario.ts";

/** What may be set apart. */
export interface PostgresOptions {
  /** Where its data are, a folder that is there; default: a new one. */
  readonly folder?: string;
  /** Environment variables that it is started with. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its settings. */
  readonly settings?: Readonly<Record<string, string | number>>;
}

/** A running Postgres; dispose it to stop it and to remove its data. */
export class Postgres implements AsyncDisposable {
  readonly #bin: string;
  readonly #folder: string;
  readonly #port: number;
  readonly #options: PostgresOptions;

  private constructor(bin: string, folder: string, port: number, options: PostgresOptions) {
    this.#bin = bin;
    this.#folder = folder;
    this.#port = port;
    this.#options = options;
  }

  /** Makes one on a free port. Throws {@linkcode Skipped} on a machine without Postgres. */
  static async start(options: PostgresOptions = {}): Promise<Postgres> {
    const bin = await findPrograms();
    const folder = options.folder ?? await Deno.makeTempDir({ prefix: "coverage-postgres-" });
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    listener.close();
    const postgres = new Postgres(bin, folder, port, options);
    try {
      await giveToPostgres(folder);
      await runAsPostgres(join(bin, "initdb"), [
        ...["-D", join(folder, "data"), "-U", "coverage", "-A", "trust", "--no-sync"],
      ]);
      await postgres.start();
      return postgres;
    } catch (error) {
      await postgres[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Where clients find it. */
  get url(): string {
    return `postgres://coverage@127.0.0.1:${this.#port}/postgres`;
  }

  /** Starts it, and waits until it answers. */
  async start(): Promise<void> {
    const settings = {
      listen_addresses: "127.0.0.1",
      port: this.#port,
      unix_socket_directories: this.#folder,
      ...this.#options.settings,
    };
    await this.#control("start", [
      ...["-w", "-s"],
      ...["-l", join(this.#folder, "log")],
      ...["-o", Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`).join(" ")],
    ], this.#options.env);
  }

  /** Starts it where it does not run. */
  async ensure(): Promise<void> {
    await this.#control("status").catch(() => this.start());
  }

  /** Stops it: `fast` ends its sessions first, `immediate` is a crash. */
  async stop(how: "fast" | "immediate"): Promise<void> {
    await this.#control("stop", ["-w", "-s", "-m", how]);
  }

  /** Stops all its processes where they are, connections open; {@linkcode resume} lets them go on. */
  async pause(): Promise<void> {
    await this.#signal("SIGSTOP");
  }

  /** Lets it go on. */
  async resume(): Promise<void> {
    await this.#signal("SIGCONT");
  }

  /** Stops it and removes its data. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.resume().catch(() => {}); // a stopped process takes no other signal
    await this.stop("immediate").catch(() => {}); // it may have stopped already
    await Deno.remove(join(this.#folder, "data"), { recursive: true }).catch(() => {});
    if (!this.#options.folder) await Deno.remove(this.#folder, { recursive: true });
  }

  async #control(
    what: "start" | "stop" | "status",
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const data = join(this.#folder, "data");
    await runAsPostgres(join(this.#bin, "pg_ctl"), [what, "-D", data, ...args], env);
  }

  async #signal(signal: Deno.Signal): Promise<void> {
    const file = await Deno.readTextFile(join(this.#folder, "data/postmaster.pid"));
    const postmaster = Number(file.split("\n")[0]);
    // The one that makes the others first, so that none is made meanwhile.
    Deno.kill(postmaster, signal);
    const children = await Deno.readTextFile(`/proc/${postmaster}/task/${postmaster}/children`);
    for (const pid of children.trim().split(" ").filter(Boolean)) Deno.kill(Number(pid), signal);
  }
}

/** The folder of the newest Postgres' programs, as Debian has them, or that of `pg_config`. */
async function findPrograms(): Promise<string> {
  const root = "/usr/lib/postgresql";
  try {
    const versions = [...Deno.readDirSync(root)].map(({ name }) => Number(name)).filter(Boolean);
    if (versions.length > 0) return join(root, String(Math.max(...versions)), "bin");
  } catch {
    // Another system, which pg_config knows.
  }
  try {
    const { stdout } = await new Deno.Command("pg_config", { args: ["--bindir"] }).output();
    return new TextDecoder().decode(stdout).trim();
  } catch {
    throw new Skipped("there is no Postgres on this machine");
  }
}
