/** The server that is measured or tested: started as an operator does, and what it uses. */
import { variableNames } from "../../src/config.ts";
import { running, type RunningServer } from "../../tests/support/server.ts";

/**
 * Starts it with these settings and the defaults, whatever the caller's environment sets; by the
 * arguments of Deno or by the command of `deno task start`.
 */
export async function startWith(
  environment: Readonly<Record<string, string>>,
  args?: string[],
): Promise<RunningServer> {
  const defaults = Object.fromEntries(variableNames.map((name) => [name, ""]));
  return await running(
    { ...defaults, HOST: "127.0.0.1", PORT: "0", AUTH: "none", ...environment },
    args && { args },
  );
}

/** Resident memory in bytes: now, and the most since the start or {@linkcode resetPeak}. */
export function memoryOf(pid: number): { resident: number; peak: number } {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const bytes = (name: string) => 1024 * Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)![1]);
  return { resident: bytes("VmRSS"), peak: bytes("VmHWM") };
}

/** Lets the peak begin at what is resident now. */
export function resetPeak(pid: number): void {
  Deno.writeTextFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** File descriptors that a process has open. */
export function openFilesOf(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Runs a command and returns what it printed; throws with its complaint where it fails. */
export async function run(command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`${command}: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}

export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until `is` is true; whether it was within so many seconds. */
export async function until(is: () => boolean, seconds: number): Promise<boolean> {
  const end = performance.now() + seconds * 1000;
  while (!is()) {
    if (performance.now() > end) return false;
    await pause(100);
  }
  return true;
}
