import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { storedReports, tree } from "./support/reports.ts";
import { cobertura, tar } from "./support/archive.ts";
import { emptyDatabase, ON_POSTGRES } from "./support/database.ts";
import { CAN_ASK, running, startServer, STOPPED } from "./support/server.ts";
import { addDatabase, withFolder } from "./support/folder.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

/** The README's upload, as a shell runs it. */
async function documentedUpload(address: string): Promise<string> {
  const readme = await Deno.readTextFile(join(root, "README.md"));
  const command = /```sh\n(curl -X POST[^]*?)\n```/.exec(readme)?.[1];
  assert(command, "README.md has the upload");
  const port = new URL(address).port;
  const { success, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", command.replace("localhost:3000", `localhost:${port}`)],
    cwd: root,
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

const SHARED_MEMORY = "/dev/shm";

Deno.test({
  name: "with -A a server starts below /dev/shm",
  ignore: !existsSync(SHARED_MEMORY),
  async fn() {
    const folder = await Deno.makeTempDir({ dir: SHARED_MEMORY });
    try {
      await addDatabase(folder);
      const args = ["run", "--no-prompt", "-A", "main.ts"];
      const server = await startServer({ DATA_DIR: folder, DATABASE_URL: "" }, { args });
      assert("address" in server, "address" in server ? "" : server.output);
      assert.equal((await server.stop("SIGTERM")).code, STOPPED);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("the documented start and upload survive a restart and a kill; a stop cuts or finishes uploads", async () => {
  await withFolder(async (folder) => {
    const data = join(folder, "data");
    const reports = join(data, "reports");
    const TMPDIR = join(folder, "tmp");
    await Deno.mkdir(TMPDIR);
    // What a first start that was cut short leaves is begun again.
    const postgres = join(data, "postgres");
    await Deno.mkdir(join(postgres, "base"), { recursive: true, mode: 0o700 });
    await Deno.writeTextFile(join(postgres, "PG_VERSION"), "18\n");
    await Deno.writeTextFile(`${postgres}.new`, "");
    const first = await running({ DATA_DIR: data, TMPDIR, SHUTDOWN_SECONDS: "0" });
    assert(first.output().includes(reports), "it says where the data is");
    const answer = JSON.parse(await documentedUpload(first.address));
    assert.equal(answer.coverage.percentage, 33.03);
    assert.deepEqual(answer.data, [answer.coverage]);
    assert.equal(new URL(answer.coverage.report_url).hostname, "localhost");
    const page = await fetch(answer.coverage.report_url);
    assert.match(await page.text(), /<html/i);
    const before = await storedReports(reports);
    // Its report is staged; the rest does not come in time.
    const cut = CAN_ASK ? await slowUpload(first.address, reports) : undefined;
    const stopping = first.stop("SIGTERM");
    if (cut) {
      const refused = await cut.answer;
      assert.deepEqual([refused.status, await refused.json()], [503, {
        error: "The server is stopping. Retry shortly.",
      }]);
      const { output } = await stopping;
      assert(output.includes(`request="${refused.headers.get("x-request-id")}"`), output);
      assert.deepEqual(await storedReports(reports), before);
    }
    assert.equal((await stopping).code, STOPPED);

    const second = await running({ DATA_DIR: data, TMPDIR, SHUTDOWN_SECONDS: "3600" });
    const badge = await fetch(
      `${second.address}/coverages-api/badge?org_name=rakuten&repo_name=laravel-request-docs&branch_name=develop`,
    );
    assert.match(await badge.text(), /33\.03%/);
    const lost = await slowUpload(second.address, reports);
    const killed = second.stop("SIGTERM");
    if (CAN_ASK) await second.says("stopping");
    await second.stop("SIGTERM"); // the second signal ends it at once
    assert.notEqual((await killed).code, 0);
    await assert.rejects(lost.answer);

    const third = await running({ DATA_DIR: data, TMPDIR });
    assert.deepEqual(await storedReports(reports), before);
    const { data: list } = await (await fetch(`${third.address}/coverages-api`)).json();
    assert.deepEqual(Object.keys(list), ["rakuten/laravel-request-docs"]);
    assert.equal(list["rakuten/laravel-request-docs"][0].percentage, 33.03);
    if (!CAN_ASK) return void await third.stop("SIGINT");
    const last = await slowUpload(third.address, reports);
    const stopped = third.stop("SIGINT");
    await third.says("stopping");
    last.finish();
    assert.equal((await (await last.answer).json()).coverage.percentage, 50);
    assert.equal((await stopped).code, STOPPED);
    const { published, staged } = await storedReports(reports);
    assert.deepEqual([published.length, staged], [before.published.length + 1, []]);
    assert.deepEqual(await tree(TMPDIR), [], "nor any temporary folder");
  });
});

const FIELDS =
  "commit_hash=abcd&commit_author=d&language=e&coverage_xml_file_name=coverage.xml&org_name=a&repo_name=b";

/** An upload whose body ends at `finish()`; resolves when its first file is on disk. */
async function slowUpload(address: string, reports: string) {
  const archive = tar([
    { name: "coverage.xml", content: cobertura(1, 2) },
    { name: "page.html", content: "x".repeat(100_000) },
  ]);
  const staged = watchForStaged(reports);
  let body!: ReadableStreamDefaultController<Uint8Array>;
  const answer = fetch(`${address}/coverages-api?branch_name=c&${FIELDS}`, {
    method: "POST",
    headers: { "content-type": "application/x-tar" },
    body: new ReadableStream({
      start(controller) {
        body = controller;
        body.enqueue(archive.slice(0, 50_000));
      },
    }),
  });
  answer.catch(() => {});
  await staged;
  return {
    answer,
    finish() {
      body.enqueue(archive.slice(50_000));
      body.close();
    },
  };
}

Deno.test({
  name: "two servers on one Postgres and one reports folder work together",
  // The embedded database is for one server.
  ignore: !ON_POSTGRES,
  async fn() {
    await using database = await emptyDatabase();
    await withFolder(async (folder) => {
      const environment = { DATA_DIR: folder, DATABASE_URL: String(database.target) };
      const servers = await Promise.all([running(environment), running(environment)]);
      const archive = tar([{ name: "coverage.xml", content: cobertura(1, 2) }]);
      const answers = await Promise.all(Array.from({ length: 40 }, async (_, n) => {
        const { address } = servers[n % 2]!;
        const response = await fetch(
          `${address}/coverages-api?branch_name=branch-${n % 4}&${FIELDS}`,
          { method: "POST", headers: { "content-type": "application/x-tar" }, body: archive },
        );
        return [response.status, (await response.json()).coverage?.percentage];
      }));
      assert.deepEqual(new Set(answers.map(String)), new Set(["200,50"]));
      const [one, other] = await Promise.all(servers.map(async ({ address }) => {
        const { data } = await (await fetch(`${address}/coverages-api`)).json();
        const rows: { id: number; branch_name: string; report_url: string }[] = data["a/b"];
        for (const { report_url } of rows) {
          const file = new URL("coverage.xml", report_url);
          assert.equal(await (await fetch(file)).text(), cobertura(1, 2), file.href);
        }
        return rows.map(({ id, branch_name }) => [id, branch_name]);
      }));
      assert.deepEqual(one, other);
      assert.equal(one!.length, 4);
      const { published, staged } = await storedReports(join(folder, "reports"));
      assert.deepEqual([published.length, staged], [4, []]);

      // One stops during an upload; the others neither remove its files nor stop.
      const upload = await slowUpload(servers[0]!.address, join(folder, "reports"));
      const third = await running(environment);
      const stopped = servers[0]!.stop("SIGTERM");
      await servers[0]!.says("stopping");
      upload.finish();
      assert.equal((await (await upload.answer).json()).data.length, 5);
      assert.equal((await stopped).code, 0);
      for (const { address, stop } of [servers[1]!, third]) {
        const { data } = await (await fetch(`${address}/coverages-api`)).json();
        assert.equal(data["a/b"].length, 5);
        assert.equal((await stop("SIGTERM")).code, STOPPED);
      }
    });
  },
});

/** Waits until the first file of an upload to that server is in staging. */
async function watchForStaged(reports: string): Promise<void> {
  const staging = join(reports, ".staging");
  // A recursive watch can miss what happens in a folder before it watches that too. So the report's
  // folder gets a watch of its own, and the file is looked for after that has begun.
  using places = Deno.watchFs(staging, { recursive: true });
  for await (const { paths } of places) {
    const report = paths.map((path) => relative(staging, path).split(sep).slice(0, 2))
      .find((parts) => parts.length === 2);
    if (!report) continue;
    const file = join(staging, ...report, "coverage.xml");
    using files = Deno.watchFs(dirname(file));
    if (existsSync(file)) return;
    for await (const { paths } of files) if (paths.some((path) => path === file)) return;
  }
}

Deno.test("a server that cannot start says why in a sentence and exits with 1", async () => {
  await withFolder(async (folder) => {
    const away = await startServer({
      DATA_DIR: folder,
      DATABASE_URL: "postgres://u:secret@127.0.0.1:1/d",
    });
    assert("code" in away);
    assert.equal(away.code, 1);
    assert.match(away.output, /^The database does not answer: .*Is DATABASE_URL right\?$/m);
    assert(!away.output.includes("secret"));

    await addDatabase(join(folder, "another"));
    const reports = join(folder, "another", "reports");
    await Deno.mkdir(reports, { recursive: true });
    await Deno.writeTextFile(join(reports, ".database"), crypto.randomUUID());
    const orphan = join(reports, crypto.randomUUID());
    await Deno.mkdir(orphan);
    const foreign = await startServer({ DATA_DIR: join(folder, "another"), DATABASE_URL: "" });
    assert("code" in foreign);
    assert.match(foreign.output, /belong to another database/);
    assert(!foreign.output.includes("    at "), "no stack");
    assert((await Deno.stat(orphan)).isDirectory, "another database's report is left alone");
  });
});

Deno.test("a port in use ends the start before the database is touched", async () => {
  await withFolder(async (folder) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const server = await startServer({ DATA_DIR: folder, DATABASE_URL: "", PORT: String(port) });
    assert("code" in server);
    assert.equal(server.code, 1);
    const sentence = `^PORT ${port} on 127\\.0\\.0\\.1 is in use; [^\\n]*\\n$`;
    assert.match(server.output, new RegExp(sentence));
    assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
  });
});
