/**
 * Runs the tests: `deno task test [arguments of deno test]`. Those of a process have a database that
 * is made here, of the Postgres at `DATABASE_URL` or an embedded one, and removed at the end. The
 * embedded one runs in this process rather than theirs, because its timers would look like leaks
 * of whichever test they fire in. One that nothing has used is made once, for servers that tests
 * start to have copies of it, because to make one takes longer than most tests. Types are what
 * `deno task check` is for.
 *
 * @module
 */
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connect } from "../src/db/connect.ts";
import { startEmbedded } from "../src/db/embedded.ts";

const SANITIZERS = ["--sanitize-ops", "--sanitize-resources"];
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
// One group is watched as it goes, and what the others say follows, so that no line is torn.
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
  const server = Deno.env.get("DATABASE_URL");
  const database = server ? await createDatabase(server) : await copyDatabase();
  const command = new Deno.Command(Deno.execPath(), {
    args: ["test", "--no-check", "--no-prompt", "-A", ...SANITIZERS, ...args],
    cwd: fileURLToPath(new URL("../", import.meta.url)),
    env: { TEST_DATABASE: JSON.stringify(database.options), UNUSED_DATABASE: unused },
    stdout: stdio,
    stderr: stdio,
  });
  try {
    if (stdio === "inherit") {
      return { code: (await command.spawn().status).code, output: new Uint8Array() };
    }
    const { code, stdout, stderr } = await command.output();
    return { code, output: await new Blob([stderr, stdout]).bytes() };
  } finally {
    await database.close();
  }
}

async function copyDatabase() {
  const folder = await Deno.makeTempDir({ dir: scratch });
  await cp(unused, folder, { recursive: true });
  return await startEmbedded(folder);
}

async function createDatabase(server: string) {
  const admin = connect(server);
  const name = `coverage_test_${crypto.randomUUID().replaceAll("-", "")}`;
  await admin.unsafe(`create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    options: url.href,
    async close() {
      await admin.unsafe(`drop database ${name} with (force)`);
      await admin.end({ timeout: 5 });
    },
  };
}
