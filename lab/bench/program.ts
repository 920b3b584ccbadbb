/**
 * Deno programs that listen, as processes of their own.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { within } from "./within.ts";

const START_MS = 60_000;
const STOP_MS = 15_000;
const POLL_MS = 20;
/** Of what a program printed, kept to tell why it did not start. */
const TAIL_CHARACTERS = 4000;

/** A program that answers requests; dispose it to stop it. */
export interface Program extends AsyncDisposable {
  /** Its process. */
  readonly pid: number;
  /** `http://host:port`. */
  readonly address: string;
  /** The last that it printed. */
  printed(): string;
  /** Whether it runs. */
  runs(): boolean;
  /** Sends it a signal and waits until it has gone. */
  end(signal: Deno.Signal): Promise<void>;
}

/**
 * Runs `deno` with `args` in the project's folder. Returns when the program has printed its address
 * and answers `readyPath` with success; throws with what it printed when it does not in a minute.
 */
export async function startProgram(
  args: readonly string[],
  { env, readyPath }: { env: Record<string, string>; readyPath: string },
): Promise<Program> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let tail = "";
  const printed = Promise.withResolvers<string>();
  const drained = Promise.all([child.stdout, child.stderr].map(async (stream) => {
    // To its end, or the program would stand still at a full pipe.
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      tail = (tail + text).slice(-TAIL_CHARACTERS);
      const address = /http:\/\/[\w.]+:\d+(?=\s)/.exec(tail)?.[0];
      if (address) printed.resolve(address);
    }
    printed.reject(new Error("it ended"));
  }));
  printed.promise.catch(() => {}); // it is awaited further down
  let ended = false;
  const end = child.status.finally(() => ended = true);
  const stop = async () => {
    if (!ended) child.kill("SIGTERM");
    try {
      await within(end, STOP_MS);
    } catch {
      child.kill("SIGKILL");
      await end;
    }
    await drained;
  };
  try {
    const address = await within(printed.promise, START_MS);
    await ready(new URL(readyPath, address));
    return {
      pid: child.pid,
      address,
      printed: () => tail,
      runs: () => !ended,
      async end(signal) {
        if (!ended) child.kill(signal);
        await Promise.all([end, drained]);
      },
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw new Error(`deno ${args.join(" ")} did not start:\n${tail}`, { cause: error });
  }
}

async function ready(url: URL): Promise<void> {
  const until = performance.now() + START_MS;
  while (true) {
    const isReady = await fetch(url, { signal: AbortSignal.timeout(START_MS) })
      .then(async (response) => (await response.bytes(), response.ok), () => false);
    if (isReady) return;
    if (performance.now() > until) throw new Error(`${url} is not ready`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
