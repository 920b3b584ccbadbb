/** A Postgres of a scenario's own, to restart and to pause. */
import { join } from "node:path";
import { run } from "../support/server.ts";
import { type Outcome, type Scenario, Skipped, type Soak } from "./scenario.ts";

const ROOT = "/usr/lib/postgresql";

/** A running Postgres; dispose it to stop it and to remove its data. */
export class Postgres implements AsyncDisposable {
  readonly #bin: string;
  readonly #folder: string;
  readonly #port: number;

  private constructor(bin: string, folder: string, port: number) {
    this.#bin = bin;
    this.#folder = folder;
    this.#port = port;
  }

  /** Makes one on a free port. Throws {@linkcode Skipped} on a machine without Postgres. */
  static async make(): Promise<Postgres> {
    const versions = await Array.fromAsync(Deno.readDir(ROOT), ({ name }) => Number(name))
      .catch(() => []);
    if (versions.length === 0) throw new Skipped(`there is no Postgres in ${ROOT}`);
    const folder = await Deno.makeTempDir({ prefix: "coverage-postgres-" });
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    listener.close();
    const postgres = new Postgres(join(ROOT, `${Math.max(...versions)}`, "bin"), folder, port);
    if (Deno.uid() === 0) await run("chown", "postgres", folder);
    await postgres.#run("initdb", "-U", "coverage", "-A", "trust", "--no-sync");
    await postgres.start();
    return postgres;
  }

  get url(): string {
    return `postgres://coverage@127.0.0.1:${this.#port}/postgres`;
  }

  /** Starts it, and waits until it answers. */
  async start(): Promise<void> {
    const settings = `-h 127.0.0.1 -p ${this.#port} -k ${this.#folder}`;
    await this.#run("pg_ctl", "start", "-ws", "-l", join(this.#folder, "log"), "-o", settings);
  }

  /** Stops it: `fast` ends its sessions first, `immediate` is a crash. */
  async stop(how: "fast" | "immediate"): Promise<void> {
    await this.#run("pg_ctl", "stop", "-ws", "-m", how);
  }

  /** Stops all its processes where they are, connections open, or lets them go on. */
  async signal(signal: "SIGSTOP" | "SIGCONT"): Promise<void> {
    const file = await Deno.readTextFile(join(this.#folder, "data/postmaster.pid"));
    const postmaster = Number(file.split("\n")[0]);
    // The one that makes the others first, so that none is made meanwhile.
    Deno.kill(postmaster, signal);
    const children = await Deno.readTextFile(`/proc/${postmaster}/task/${postmaster}/children`);
    for (const pid of children.trim().split(" ").filter(Boolean)) Deno.kill(Number(pid), signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.signal("SIGCONT").catch(() => {}); // a stopped process takes no other signal
    await this.stop("immediate").catch(() => {}); // it may have stopped already
    await Deno.remove(this.#folder, { recursive: true });
  }

  /** Runs a command of Postgres, which refuses to run as root. */
  async #run(command: string, ...args: string[]): Promise<void> {
    const all = [join(this.#bin, command), ...args, "-D", join(this.#folder, "data")];
    if (Deno.uid() === 0) all.unshift("runuser", "-u", "postgres", "--");
    await run(all[0]!, ...all.slice(1));
  }
}

/** A scenario with the embedded database, and with a Postgres. */
export function onBoth(
  name: string,
  scenario: (soak: Soak, url: string) => Promise<Outcome>,
): Record<string, Scenario> {
  return {
    [`${name}-embedded`]: (soak) => scenario(soak, ""),
    [`${name}-postgres`]: async (soak) => scenario(soak, soak.used.use(await Postgres.make()).url),
  };
}
