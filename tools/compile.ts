/**
 * Makes the server one file that runs without Deno: `deno task compile` for this machine,
 * `deno task compile:all` for every system. They are left in `dist`.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));

/** The systems that there are binaries for. */
export const targets = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
] as const;

/** What `deno compile` has said. */
export interface Compiled {
  /** Whether there is a binary. */
  success: boolean;
  /** The embedded files, as a tree; why it failed, else. */
  said: string;
}

/** Compiles the server into the file `output`; no target: for this machine. */
export async function compile(
  { output, target, env = {} }: { output: string; target?: string; env?: Record<string, string> },
): Promise<Compiled> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "compile",
      ...["--no-prompt", "-A"], // as `deno task start` has them; `unstable` and `jsx` are in deno.json
      "--no-check", // of types, which `deno task check` does
      "--no-code-cache", // it would be at a place in the shared temporary folder that anyone can foresee
      "--exclude-unused-npm",
      // What is not imported, but started or read.
      ...["--include", "src/formats/parser_worker.ts", "--include", "migrations"],
      ...(target === undefined ? [] : ["--target", target]),
      ...["--output", output, "main.ts"],
    ],
    cwd: root,
    env: { NO_COLOR: "1", ...env },
  }).output();
  const decoder = new TextDecoder();
  const said = decoder.decode(stdout) + decoder.decode(stderr);
  return { success, said: success ? said : explained(said, target) };
}

/** Why there is no binary; the one thing that has nothing to do with the program in a sentence. */
function explained(said: string, target = Deno.build.target): string {
  if (!/dl\.deno\.land/.test(said)) return said;
  return `The runtime of Deno ${Deno.version.deno} for ${target} could not be fetched from ` +
    "dl.deno.land; compile where that can be reached, or set DENORT_BIN to its file.";
}

if (import.meta.main) {
  const isAll = Deno.args.includes("--all");
  for (const target of isAll ? targets : [Deno.build.target]) {
    const name = isAll ? `coverage-server-${target}` : "coverage-server";
    const output = `dist/${name}${target.includes("windows") ? ".exe" : ""}`;
    const { success, said } = await compile({ output, target });
    if (!success) {
      console.error(said.trimEnd());
      Deno.exit(1);
    }
    const { size } = await Deno.stat(`${root}${output}`);
    console.log(`${output}, ${Math.round(size / 1e6)} MB`);
  }
}
