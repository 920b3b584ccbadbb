/** A Postgres of a scenario's own, to restart and to pause. */
import { join } from "node:path";
import { freePort, run } from "../support/server.ts";
import { Skipped } from "./scenario.ts";

const ROOT = "/usr/lib/postgresql";

/** A running Postgres; dispose it to stop it and to remove its data. */
export class Postgres implements AsyncDisposable {
  private constructor(
    private readonly bin: string,
    private readonly folder: string,
    private readonly port: number,
  ) {}

  /** Makes one on a free port. Throws {@linkcode Skipped} on a machine without Postgres. */
  static async make(): Promise<Postgres> {
    const versions = await Array.fromAsync(Deno.readDir(ROOT), ({ name }) => Number(name))
      .catch(() => []);
    if (versions.length === 0) throw new Skipped(`there is no Postgres in ${ROOT}`);
    const folder = await Deno.makeTempDir({ prefix: "coverage-postgres-" });
    const bin = join(ROOT, `${Math.max(...versions)}`, "bin");
    const postgres = new Postgres(bin, folder, freePort());
    if (Deno.uid() === 0) await run("chown", "postgres", folder);
    await postgres.#run("initdb", "-U", "coverage", "-A", "trust", "--no-sync");
    await postgres.start();
    return postgres;
  }

  get url(): string {
    return `postgres://coverage@127.0.0.1:${this.port}/postgres`;
  }

  /** Starts it, and waits until it answers. */
  async start(): Promise<void> {
    const settings = `-h 127.0.0.1 -p ${this.port} -k ${this.folder}`;
    await this.#run("pg_ctl", "start", "-ws", "-l", join(this.folder, "log"), "-o", settings);
  }

  /** Stops it: `fast` ends its sessions first, `immediate` is a crash. */
  async stop(how: "fast" | "immediate"): Promise<void> {
    await this.#run("pg_ctl", "stop", "-ws", "-m", how);
  }

  /** Stops all its processes where they are, connections open, or lets them go on. */
  async signal(signal: "SIGSTOP" | "SIGCONT"): Promise<void> {
    const file = await Deno.readTextFile(join(this.folder, "data/postmaster.pid"));
    const postmaster = Number(file.split("\n")[0]);
    // The one that makes the others first, so that none is made meanwhile.
    Deno.kill(postmaster, signal);
    const children = await Deno.readTextFile(`/proc/${postmaster}/task/${postmaster}/children`);
    for (const pid of children.trim().split(" ").filter(Boolean)) Deno.kill(Number(pid), signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.signal("SIGCONT").catch(() => {}); // a stopped process takes no other signal
    await this.stop("immediate").catch(() => {}); // it may have stopped already
    await Deno.remove(this.folder, { recursive: true });
  }

  /** Runs a command of Postgres, which refuses to run as root. */
  async #run(command: string, ...args: string[]): Promise<void> {
    const all = [join(this.bin, command), ...args, "-D", join(this.folder, "data")];
    if (Deno.uid() === 0) all.unshift("runuser", "-u", "postgres", "--");
    await run(all[0]!, ...all.slice(1));
  }
}
