import assert from "node:assert/strict";
import { addDatabase, withFolder } from "./support/folder.ts";
import { startServer } from "./support/server.ts";
import { task } from "./support/task.ts";

Deno.test("deno task token prints a token and its entry, or what a scope may be", async () => {
  const { code, output } = await task("token", ["acme/*"]);
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

Deno.test("deno task forget-identity says when there is nothing to forget", async () => {
  await withFolder(async (folder) => {
    await addDatabase(folder);
    const env = { DATABASE_URL: "", DATA_DIR: folder };
    assert.deepEqual(await task("forget-identity", ["acme/shop"], env), {
      code: 1,
      output: "Nothing was ever uploaded for acme/shop.\n",
    });
    const malformed = await task("forget-identity", ["acme"], env);
    assert.match(malformed.output, /The repository is "acme"; it must be org\/repo/);
  });
});

Deno.test("a command that there is not is answered with those that there are", async () => {
  const { code, output } = await task("start", ["tokens"]);
  assert.equal(code, 1);
  assert.match(output, /^There is no command "tokens"\.\n[^]* {2}token <org>\/<repo>/);
  const help = await task("start", ["--help"]);
  assert.equal(help.code, 0);
  assert.match(help.output, /^Without a command the server starts[^]* {2}health\n/);
});

Deno.test("health says what the server says, or that it does not answer", async () => {
  await withFolder(async (folder) => {
    await addDatabase(folder);
    const server = await startServer({ DATABASE_URL: "", DATA_DIR: folder });
    assert(!("code" in server), "the server starts");
    const PORT = new URL(server.address).port;
    assert.deepEqual(await task("start", ["health"], { PORT }), {
      code: 0,
      output: '{"success":"ok","database":"ok"}\n',
    });
    await server.stop("SIGTERM");
    const gone = await task("start", ["health"], { PORT });
    assert.equal(gone.code, 1);
    assert.match(gone.output, new RegExp(`^http://127\\.0\\.0\\.1:${PORT} does not answer: `));
  });
});

Deno.test("sweep says what would go, and takes it", async () => {
  await withFolder(async (folder) => {
    await addDatabase(folder);
    const env = { DATABASE_URL: "", DATA_DIR: folder };
    const orphan = `${folder}/reports/${crypto.randomUUID()}`;
    await Deno.mkdir(orphan, { recursive: true });
    await Deno.writeTextFile(`${orphan}/page.html`, "page");
    const dry = await task("sweep", ["--dry-run"], env);
    assert.match(dry.output, /^without a row {3}1 reports, 4 bytes would go$/m);
    assert((await Deno.stat(orphan)).isDirectory);
    const swept = await task("sweep", [], env);
    assert.match(swept.output, /^without a row {3}1 reports, 4 bytes removed$/m);
    await assert.rejects(Deno.stat(orphan), Deno.errors.NotFound);
    const unknown = await task("sweep", ["--dry"], env);
    assert.deepEqual(unknown, {
      code: 1,
      output: 'sweep takes --dry-run or nothing, not "--dry".\n',
    });
  });
});

Deno.test("version says which one this is, by the name that one would try as well", async () => {
  const config = await Deno.readTextFile(new URL("../deno.json", import.meta.url));
  const { version } = JSON.parse(config);
  const expected = { code: 0, output: `coverage-server ${version}\n` };
  assert.deepEqual(await task("start", ["version"]), expected);
  assert.deepEqual(await task("start", ["--version"]), expected);
});
