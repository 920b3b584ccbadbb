/**
 * `deno task test [arguments of deno test]`: every test, or those named. The files run in a process
 * each, as many at a time as there are processors, on databases made before, because making one takes
 * longer than most tests. `deno test -P <file>` needs no database made for it. Types are what
 * `deno task check` is for.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { openEmbedded } from "../src/db/embedded.ts";
import { type OwnDatabase, ownDatabase } from "./support/own_database.ts";

/** The last line of `deno test`. */
const TOTALS =
  /^(?:ok|FAILED) \| (?<passed>\d+) passed.*? \| (?<failed>\d+) failed(?:.*? \| (?<ignored>\d+) ignored)?/m;

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

/** Prints each file's output when the file ends, those that failed last, and then the totals. */
async function runAll(): Promise<number> {
  const start = performance.now();
  const files = await testFiles("tests");
  const sums = { passed: 0, failed: 0, ignored: 0 };
  const failures: string[] = [];
  const work = async () => {
    // Embedded ones run here: in the process of the tests their timers would look like leaks of the
    // tests. In memory: on a disk each statement takes four times as long.
    await using database = await ownDatabase({ image });
    for (let file = files.shift(); file !== undefined; file = files.shift()) {
      const { code, stdout, stderr } = await denoTest([file], database.target, "piped").output();
      const output = await new Blob([stderr, stdout]).text();
      const totals = TOTALS.exec(stripVTControlCharacters(output))?.groups ?? {};
      for (const key of Object.keys(sums)) {
        sums[key as keyof typeof sums] += Number(totals[key] ?? 0);
      }
      // A file that ends before its tests counts as one.
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

/** Those of a folder before those in its folders: they start programs and take longest. */
async function testFiles(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(join(root, folder)));
  const names = (isWanted: (entry: Deno.DirEntry) => boolean) =>
    entries.filter(isWanted).map(({ name }) => `${folder}/${name}`).sort();
  const inFolders = await Promise.all(names(({ isDirectory }) => isDirectory).map(testFiles));
  return [...names(({ name }) => /_test\.tsx?$/.test(name)), ...inFolders.flat()];
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
      DENO_V8_FLAGS: "--liftoff-only",
    },
    stdout: stdio,
    stderr: stdio,
  });
}
