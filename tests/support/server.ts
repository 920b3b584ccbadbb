// The server as an operator starts it: a process of its own, on a free port.
import { uploadPath } from "./fields.ts";
import { commandOf } from "./task.ts";

/** Whether a program can be asked to stop; on Windows a signal ends it. */
export const CAN_ASK = Deno.build.os !== "windows";
/** The code of a server that was sent a signal to stop. */
export const STOPPED = CAN_ASK ? 0 : 1;

export interface Stopped {
  code: number;
  output: string;
}

export interface RunningServer {
  readonly address: string;
  readonly pid: number;
  output(): string;
  /** Waits until it has printed those words, or has ended. */
  says(words: string): Promise<void>;
  hasEnded(): boolean;
  /** Sends it a signal, unless it has ended, and waits until it has gone. */
  stop(signal: Deno.Signal): Promise<Stopped>;
}

/**
 * Starts `main.ts` by the command of `deno task start`, or Deno with these arguments in that folder,
 * and waits until it listens or ends.
 */
export async function startServer(
  environment: Record<string, string>,
  otherwise?: { args: string[]; cwd?: string },
): Promise<RunningServer | Stopped> {
  const command = await commandOf("start");
  const child = new Deno.Command(Deno.execPath(), {
    ...command,
    ...otherwise,
    env: { PORT: "0", NO_COLOR: "1", ...command.env, ...environment },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let output = "";
  let printed = Promise.withResolvers<void>();
  let hasEnded = false;
  let isListening = false;
  const listening = Promise.withResolvers<string>();
  const collect = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      output += text;
      printed.resolve();
      printed = Promise.withResolvers();
      if (isListening) continue;
      const address = /Coverage server: +(\S+)\n[^]*Database: .*\n/.exec(output)?.[1];
      isListening = address !== undefined;
      if (address) listening.resolve(address);
    }
  };
  const collected = Promise.all([collect(child.stdout), collect(child.stderr)]);
  const stopped = (async () => {
    const { code } = await child.status;
    await collected;
    hasEnded = true;
    printed.resolve();
    return { code, output };
  })();
  const first = await Promise.race([listening.promise, stopped]);
  if (typeof first !== "string") return first;
  return {
    address: first,
    pid: child.pid,
    output: () => output,
    async says(words) {
      while (!output.includes(words) && !hasEnded) await printed.promise;
    },
    hasEnded: () => hasEnded,
    stop: (signal) => {
      if (!hasEnded) child.kill(signal);
      return stopped;
    },
  };
}

/** The same for a server on the embedded database, or on another; throws where it does not start. */
export async function running(
  environment: Record<string, string>,
  otherwise?: { args: string[] },
): Promise<RunningServer> {
  const server = await startServer({ DATABASE_URL: "", ...environment }, otherwise);
  if ("code" in server) throw new Error(`The server ended with ${server.code}: ${server.output}`);
  return server;
}

/** Uploads a plain tar, which must be taken; returns the answer. */
export async function uploadTo(
  { address }: { address: string },
  archive: Uint8Array<ArrayBuffer>,
  fields: Record<string, string> = {},
) {
  const response = await fetch(`${address}${uploadPath(fields)}`, {
    method: "POST",
    headers: { "content-type": "application/x-tar" },
    body: archive,
  });
  const answer = await response.json();
  if (response.status !== 200) throw new Error(`${response.status} ${JSON.stringify(answer)}`);
  return answer;
}
