/**
 * `deno task test [arguments of deno test]`: every test, or those named. Makes one database for all
 * of them, because making one takes longer than most tests. `deno test -P <file>` needs no database
 * made for it. Types are what `deno task check` is for.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startEmbedded } from "../src/db/embedded.ts";
import { ownDatabase } from "./support/own_database.ts";

/** Tests that mostly wait for other programs run beside the rest, in groups that take as long. */
const OF_PROGRAMS = [
  [
    ...["tests/browser/", "tests/docs/", "tests/cli_test.ts", "tests/compile_test.ts"],
    "tests/telemetry_test.ts",
  ],
  [
    ...["tests/action/", "tests/demo_test.ts", "tests/main_test.ts", "tests/moving_test.ts"],
    "tests/workflows_test.ts",
  ],
];

const scratch = await Deno.makeTempDir();
const unused = join(scratch, "unused");
await (await startEmbedded(unused)).close();

const groups = Deno.args.length > 0
  ? [Deno.args]
  : [["tests/", `--ignore=${OF_PROGRAMS.flat().join(",")}`], ...OF_PROGRAMS];
const [first, ...others] = groups;
// One group is shown as it goes, and the output of the others follows, so that no line is torn.
const waiting = others.map((group) => run(group, "piped"));
const codes = [await run(first!, "inherit")];
for (const { output } of await Promise.all(waiting)) await Deno.stdout.write(output);
codes.push(...await Promise.all(waiting));
await Deno.remove(scratch, { recursive: true });
Deno.exit(codes.find(({ code }) => code !== 0)?.code ?? 0);

/** Runs tests on a database of their own. */
async function run(
  args: readonly string[],
  stdio: "inherit" | "piped",
): Promise<{ code: number; output: Uint8Array<ArrayBuffer> }> {
  // The embedded one runs here: in the process of the tests its timers would look like their leaks.
  // In memory: on a disk each statement takes four times as long.
  await using database = await ownDatabase();
  const command = new Deno.Command(Deno.execPath(), {
    args: ["test", "--no-check", "-A", "--sanitize-ops", "--sanitize-resources", ...args],
    cwd: fileURLToPath(new URL("../", import.meta.url)),
    env: { TEST_DATABASE: JSON.stringify(database.target), UNUSED_DATABASE: unused },
    stdout: stdio,
    stderr: stdio,
  });
  if (stdio === "inherit") {
    return { code: (await command.spawn().status).code, output: new Uint8Array() };
  }
  const { code, stdout, stderr } = await command.output();
  return { code, output: await new Blob([stderr, stdout]).bytes() };
}
