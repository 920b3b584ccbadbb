import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { variableNames } from "../src/config.ts";
import { MINIMUM_DENO, refuseDeno } from "../src/deno_version.ts";
import { cobertura, tar } from "./support/archive.ts";
import { addDatabase, withFolder } from "./support/folder.ts";
import { running, uploadTo } from "./support/server.ts";
import { command, task } from "./support/task.ts";

Deno.test("token prints a token and its entry, or what a scope may be", async () => {
  const { code, output } = await command("token", ["acme/*"]);
  assert.equal(code, 0, output);
  const [, token] = /\n {2}(cov_[\w-]{43})\n/.exec(output)!;
  const [, hash] = /\n {2}acme\/\*:([0-9a-f]{64})\n/.exec(output)!;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  assert.equal(new Uint8Array(digest).toHex(), hash);
  const refused = await task("token", ["acme"]);
  assert.deepEqual([refused.code, refused.output], [
    1,
    'The scope is "acme"; it must be org/repo, org/* or *.\n',
  ]);
});

const COMMANDS = [
  "upload",
  "health",
  "sweep",
  "token",
  "forget-identity",
  "delete",
  "export",
  "import",
  "version",
];

Deno.test("help lists every command, and every setting with its values and default", async () => {
  const help = await task("start", ["--help"]);
  assert.equal(help.code, 0);
  for (const name of COMMANDS) assert.match(help.output, new RegExp(`^  ${name}( <|$)`, "m"));
  for (const name of variableNames) assert.match(help.output, new RegExp(`^  ${name}$`, "m"));
  assert.match(help.output, /^ {2}PORT\n {6}a whole number from 0 to 65535\n {6}Default: 3000$/m);
  assert.match(help.output, /^ {2}DATABASE_URL\n {6}an address like .*\n {6}Default: unset$/m);
  assert.match(help.output, /^ {2}DEFAULT_BRANCHES\n.*\n {6}Default: main,master,develop,trunk$/m);
  for (const name of ["-h", "help"]) assert.deepEqual(await command(name), help);
});

Deno.test("each command has --help, and refuses options and arguments that it does not know", async () => {
  for (const name of COMMANDS) {
    const { code, output: help } = await command(name, ["--help"]);
    assert.equal(code, 0);
    assert.match(help, new RegExp(`^Usage: coverage-server ${name}`));
    for (const [first, second] of [[name, "-h"], ["help", name]] as const) {
      assert.equal((await command(first, [second])).output, help);
    }
    const unknown = { code: 2, output: `Unknown option '--dry'.\n\n${help}` };
    assert.deepEqual(await command(name, ["--dry"]), unknown);
    const { output } = await command(name, ["a", "b"]);
    assert.match(output, /^It takes (no arguments|<.*>)\.\n\nUsage: /);
  }
});

Deno.test("an unknown command or option is refused with a list of the commands", async () => {
  const unknown = await task("start", ["tokens"]);
  assert.equal(unknown.code, 2);
  assert.match(unknown.output, /^Unknown command "tokens"\.\n[^]* {2}token <scope>\n/);
  assert.match((await command("--port")).output, /^Unknown option "--port"\.\n/);
});

Deno.test("an older Deno is refused in a sentence", () => {
  for (const version of ["1.46.3", "2.8.3", "2.9.0", "2.9.5"]) {
    assert.match(refuseDeno(version)!, new RegExp(`^This is Deno ${version}; the server needs 2`));
  }
  for (const version of [MINIMUM_DENO, "2.9.10", "2.10.0", "3.0.0", "2.9.7+0d8a3f6"]) {
    assert.equal(refuseDeno(version), undefined, version);
  }
});

Deno.test("settings are read one by one, so that --allow-env can be a list", async () => {
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--allow-net", "--allow-read", `--allow-env=${variableNames}`],
      ...["main.ts", "health"],
    ],
    cwd: fileURLToPath(new URL("../", import.meta.url)),
    env: { NO_COLOR: "1", PORT: "1" },
  }).output();
  assert.match(new TextDecoder().decode(stderr), /^http:\/\/127\.0\.0\.1:1 does not answer: /m);
});

Deno.test("health, delete, sweep and forget-identity say what they found and did", async () => {
  await withFolder(async (folder) => {
    await addDatabase(folder);
    const env = { DATABASE_URL: "", DATA_DIR: folder };
    const server = await running(env);
    const report = tar([{ name: "c.xml", content: cobertura(1, 2) }]);
    await uploadTo(server, report, { coverage_xml_file_name: "c.xml" });
    const PORT = new URL(server.address).port;
    assert.deepEqual(await command("health", [], { PORT }), {
      code: 0,
      output: '{"success":"ok","database":"ok"}\n',
    });
    await server.stop("SIGTERM");
    const gone = await command("health", [], { PORT });
    assert.equal(gone.code, 1);
    assert.match(gone.output, new RegExp(`^http://127\\.0\\.0\\.1:${PORT} does not answer: `));

    const published = () => Array.fromAsync(Deno.readDir(`${folder}/reports`));
    const before = (await published()).length;
    const refused = await command("delete", ["acme/shop", "--branch", "dev"], env);
    assert.deepEqual(refused, {
      code: 1,
      output: "Nothing is known of branch dev of acme/shop.\n",
    });
    const wrong = await command("delete", ["acme/shop", "--upload", "x"], env);
    assert.equal(wrong.output, 'The upload is "x"; it must be a number.\n');
    const dry = await command("delete", ["acme/shop", "--dry-run"], env);
    assert.deepEqual(dry, { code: 0, output: "To delete: 1 upload and 1 report.\n" });
    assert.equal((await published()).length, before);
    const deleted = await command("delete", ["acme/shop", "--upload", "1"], env);
    assert.deepEqual(deleted, { code: 0, output: "Deleted 1 upload and 1 report.\n" });
    assert((await published()).length < before, "the report is gone");

    const orphan = `${folder}/reports/${crypto.randomUUID()}`;
    await Deno.mkdir(orphan);
    await Deno.writeTextFile(`${orphan}/page.html`, "page");
    const drySweep = await command("sweep", ["--dry-run"], env);
    assert.match(drySweep.output, /^not in the database {5}1 reports, 4 bytes to remove$/m);
    assert((await Deno.stat(orphan)).isDirectory);
    const swept = await command("sweep", [], env);
    assert.match(swept.output, /^not in the database {5}1 reports, 4 bytes removed$/m);
    await assert.rejects(Deno.stat(orphan), Deno.errors.NotFound);

    assert.deepEqual(await command("forget-identity", ["acme/other"], env), {
      code: 1,
      output: "No uploads for acme/other yet.\n",
    });
    const malformed = await command("forget-identity", ["acme"], env);
    assert.match(malformed.output, /The repository is "acme"; it must be org\/repo/);
  });
});

Deno.test("version and --version print the version", async () => {
  const config = await Deno.readTextFile(new URL("../deno.json", import.meta.url));
  const { version } = JSON.parse(config);
  const expected = { code: 0, output: `coverage-server ${version}\n` };
  for (const name of ["version", "--version"]) assert.deepEqual(await command(name), expected);
});
