/**
 * Compiles the server to one file that runs without Deno: `deno task compile` for this machine,
 * `deno task compile:all` for every system. The files are written to `dist`.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import configuration from "../deno.json" with { type: "json" };

const root = fileURLToPath(new URL("../", import.meta.url));

export const targets = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
] as const;

interface Compiled {
  success: boolean;
  /** The embedded files as a tree; after a failure, the reason. */
  said: string;
}

/** Files of packages that no program reads: types, sources, maps, documents, extensions of PGlite. */
const UNREAD = /\.([cm]?tsx?|map|md|scss|tar\.gz)$/;
/** Packages of which only these files are read. */
const READ: Readonly<Record<string, RegExp>> = {
  "swagger-ui-dist": /(package\.json|LICENSE|NOTICE|swagger-ui-bundle\.js|swagger-ui\.css)$/,
};

/** Compiles the server into the file `output`; without `target` for this machine. */
export async function compile(
  { output, target, env = {} }: { output: string; target?: string; env?: Record<string, string> },
): Promise<Compiled> {
  const unread = await unreadFiles(env);
  const { success, stdout, stderr } = await deno([
    "compile",
    ...configuration.tasks.start.command.split(" deno run ")[1]!.split(" ").slice(0, -1), // permissions, memory
    "--allow-run=git", // of the upload command; main.ts gives it up for all else
    "--no-check", // `deno task check` does that
    "--no-code-cache", // its place would be in the shared temporary folder, under a predictable name
    "--exclude-unused-npm",
    ...unread.flatMap((path) => ["--exclude", path]),
    // What is not imported, but started or read.
    ...["--include", "src/formats/parser_worker.ts", "--include", "src/db/initdb_worker.ts"],
    ...["--include", "migrations"],
    ...(target === undefined ? [] : ["--target", target]),
    ...["--output", output, "main.ts"],
  ], env);
  return { success, said: success ? stdout + stderr : explained(stdout + stderr, target) };
}

/** The files of packages that need not be embedded. */
export async function unreadFiles(env: Record<string, string> = {}): Promise<string[]> {
  const files = await Promise.all((await npmPackages(env)).map(async ({ name, localPath }) => {
    const entries = await readdir(localPath, { recursive: true, withFileTypes: true })
      .catch(() => []);
    return entries.filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => READ[name] ? !READ[name].test(path) : UNREAD.test(path));
  }));
  return files.flat();
}

/** Every package of the lock file, and its folder. */
export async function npmPackages(
  env: Record<string, string> = {},
): Promise<{ name: string; localPath: string }[]> {
  await deno(["cache", "main.ts"], env); // a failure comes again from `deno compile`
  const { stdout } = await deno(["info", "--json", "main.ts"], env);
  return Object.values(JSON.parse(stdout).npmPackages);
}

async function deno(
  args: string[],
  env: Record<string, string>,
): Promise<{ success: boolean; stdout: string; stderr: string }> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: root,
    env: { NO_COLOR: "1", ...env },
  }).output();
  const decoder = new TextDecoder();
  return { success, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

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
