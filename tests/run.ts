// `deno task test [arguments of deno test]`: every test, or those named. The tests of several folders
// run in one process, so that they load the server once. One process more than there are processors
// runs at a time, because tests also wait. They use databases made before, because making one takes
// longer than most tests.
// `deno test -P <file>` needs no database made for it. Types are what `deno task check` is for.
import { glob } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { openEmbedded } from "../src/db/embedded.ts";
import { type OwnDatabase, ownDatabase } from "./support/own_database.ts";

/** The last line of `deno test`. */
const TOTALS =
  /^(?:ok|FAILED) \| (?<passed>\d+) passed.*? \| (?<failed>\d+) failed(?:.*? \| (?<ignored>\d+) ignored)?/m;

/** Folders that share a process; what takes longest comes first. All others share the last. */
const PROCESSES = [
  ["db", "http", "openapi", "reports"],
  ["browser"],
  ["api", "auth"],
  ["tests"],
  ["cli", "docs"],
  ["action"],
];

const root = fileURLToPath(new URL("../", import.meta.url));
const scratch = await Deno.makeTempDir();
const unused = join(scratch, "unused");
const made = await openEmbedded(unused);
const image = await made.db.dumpDataDir("none");
await made.close();
const code = Deno.args.length > 0 ? await runNamed(Deno.args) : await runAll();
await Deno.remove(scratch, { recursive: true });
Deno.exit(code);

async function runNamed(args: readonly string[]): Promise<number> {
  await using database = await ownDatabase({ image });
  return (await denoTest(args, database.target, "inherit").spawn().status).code;
}

/** Prints what each process said when it ends, those that failed last, and then the totals. */
async function runAll(): Promise<number> {
  const start = performance.now();
  const modules = await testModules();
  const sums = { passed: 0, failed: 0, ignored: 0 };
  const failures: string[] = [];
  const work = async () => {
    // Embedded ones run here: in the process of the tests their timers would look like leaks of the
    // tests. In memory: on a disk each statement takes four times as long.
    await using database = await ownDatabase({ image });
    for (let module = modules.shift(); module !== undefined; module = modules.shift()) {
      const { code, stdout, stderr } = await denoTest([module], database.target, "piped").output();
      const said = await new Blob([stderr, stdout]).text();
      const output = said.replaceAll(relative(root, module), basename(module));
      const totals = TOTALS.exec(stripVTControlCharacters(output))?.groups ?? {};
      for (const key of Object.keys(sums)) {
        sums[key as keyof typeof sums] += Number(totals[key] ?? 0);
      }
      // A process that ends before its tests counts as one.
      if (code !== 0 && !Number(totals.failed)) sums.failed++;
      if (code === 0) console.log(withoutTotals(output));
      else failures.push(withoutTotals(output));
    }
  };
  await Promise.all(Array.from({ length: Math.min(navigator.hardwareConcurrency + 1, 4) }, work));
  for (const failure of failures) console.log(failure);
  const { passed, failed, ignored } = sums;
  const seconds = Math.round((performance.now() - start) / 1000);
  console.log(
    `${
      failed ? "FAILED" : "ok"
    } | ${passed} passed | ${failed} failed | ${ignored} ignored (${seconds}s)`,
  );
  return failed ? 1 : 0;
}

/** For each process a module that imports its tests. */
async function testModules(): Promise<string[]> {
  const paths = await Array.fromAsync(glob("tests/**/*_test.{ts,tsx}", { cwd: root }));
  const byProcess = Map.groupBy(paths.sort(), (path) => {
    const at = PROCESSES.findIndex((folders) => folders.includes(basename(dirname(path))));
    return at < 0 ? PROCESSES.length : at;
  });
  return await Promise.all(
    [...byProcess].sort(([one], [other]) => one - other).map(async ([at, paths]) => {
      const module = join(scratch, `${PROCESSES[at]?.join("_") ?? "others"}_test.ts`);
      const imports = paths.map((path) => `import "${pathToFileURL(join(root, path))}";\n`);
      await Deno.writeTextFile(module, imports.join(""));
      return module;
    }),
  );
}

function withoutTotals(output: string): string {
  return output.split("\n").filter((line) => !TOTALS.test(stripVTControlCharacters(line))).join(
    "\n",
  )
    .trim();
}

function denoTest(
  args: readonly string[],
  target: OwnDatabase["target"],
  stdio: "inherit" | "piped",
): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["test", "--no-check", "-A", "--sanitize-ops", "--sanitize-resources", ...args],
    cwd: root,
    env: {
      TEST_DATABASE: JSON.stringify(target),
      UNUSED_DATABASE: unused,
      // A server of a test ends before optimizing WebAssembly pays: it starts in two thirds of the time.
      // For the databases made here, the task in deno.json says the same.
      DENO_V8_FLAGS: "--liftoff-only",
    },
    stdout: stdio,
    stderr: stdio,
  });
}
