/**
 * A clock that one program believes in, while the machine keeps its own.
 *
 * @module
 */
import { join } from "node:path";
import { Skipped, type Soak } from "./scenario.ts";

/** Seconds by which a sweep is later than what it has to leave to servers that may be at work. */
export const LATER = 2 * 60 * 60;

/** A clock to set; time passes on it as everywhere. */
export class Clock {
  readonly #file: string;
  readonly #library: string;

  private constructor(file: string, library: string) {
    this.#file = file;
    this.#library = library;
  }

  /** Makes one that is right. Throws {@linkcode Skipped} where libfaketime is missing. */
  static async make(soak: Pick<Soak, "keep">): Promise<Clock> {
    const library = await findLibrary();
    // Outside of the scenario's folder, which nobody else may enter: Postgres has another user.
    const file = await Deno.makeTempFile({ prefix: "coverage-clock-" });
    soak.keep({ [Symbol.asyncDispose]: () => Deno.remove(file) });
    await Deno.chmod(file, 0o644);
    const clock = new Clock(file, library);
    await clock.set(0);
    return clock;
  }

  /** Sets it so many seconds before (negative) or after the machine's; at once. */
  async set(seconds: number): Promise<void> {
    await Deno.writeTextFile(this.#file, `${seconds < 0 ? "" : "+"}${seconds}\n`);
  }

  /** What a program is started with to believe in it. */
  get environment(): Record<string, string> {
    return {
      LD_PRELOAD: this.#library,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: "1",
      // A clock that is set does not change how long a second is.
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      DONT_FAKE_MONOTONIC: "1",
      // What the disk says of its files is not the program's.
      NO_FAKE_STAT: "1",
    };
  }
}

async function findLibrary(): Promise<string> {
  const name = "faketime/libfaketime.so.1";
  for (const folder of ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"]) {
    const path = join(folder, name);
    if (await Deno.stat(path).then(() => true, () => false)) return path;
  }
  throw new Skipped("libfaketime is not on this machine");
}
