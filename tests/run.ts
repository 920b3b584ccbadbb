// `deno task test [arguments of deno test]`: every test, or those named. Each folder's tests run in
// one process, so that they load the server once, and as many processes at a time as there are
// processors. They use databases made before, because making one takes longer than most tests.
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

/** Folders whose tests take longest, so that no processor is left with one at the end. */
const SLOWEST = ["tests", "browser", "action", "cli", "api", "auth", "openapi", "reports", "docs"];

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

/** Prints each folder's output when its tests end, those that failed last, and then the totals. */
async function runAll(): Promise<number> {
  const start = performance.now();
  const groups = await testGroups();
  const sums = { passed: 0, failed: 0, ignored: 0 };
  const failures: string[] = [];
  const work = async () => {
    // Embedded ones run here: in the process of the tests their timers would look like leaks of the
    // tests. In memory: on a disk each statement takes four times as long.
    await using database = await ownDatabase({ image });
    for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
      const { folder, module } = group;
      const { code, stdout, stderr } = await denoTest([module], database.target, "piped").output();
      const said = await new Blob([stderr, stdout]).text();
      const output = said.replaceAll(relative(root, module), folder);
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
  await Promise.all(Array.from({ length: Math.min(navigator.hardwareConcurrency, 4) }, work));
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

/** For each folder a module that imports its tests; what takes longest comes first. */
async function testGroups(): Promise<{ folder: string; module: string }[]> {
  const groups = new Map<string, string[]>();
  for (const path of await Array.fromAsync(glob("tests/**/*_test.{ts,tsx}", { cwd: root }))) {
    const folder = dirname(path);
    groups.set(folder, [...groups.get(folder) ?? [], path]);
  }
  const rank = (folder: string) => (SLOWEST.indexOf(basename(folder)) + 1) || Infinity;
  return await Promise.all(
    [...groups].sort(([one], [other]) => rank(one) - rank(other)).map(async ([folder, paths]) => {
      const module = join(scratch, `${basename(folder)}_test.ts`);
      const imports = paths.sort().map((path) => `import "${pathToFileURL(join(root, path))}";\n`);
      await Deno.writeTextFile(module, imports.join(""));
      return { folder, module };
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
